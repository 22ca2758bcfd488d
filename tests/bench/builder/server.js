// The journey of tests/bench on ussd-menu-builder, with an express server as its README has it. Run by `tests.bench`.
// A menu object for each request: one object that is shared mixes up callers who are served at the same time.
"use strict";

const crypto = require("crypto");
const express = require("express");
const UssdMenu = require("ussd-menu-builder");

const sessions = new Map();

function menu() {
  const menu = new UssdMenu();
  menu.sessionConfig({
    start: (id, done) => { if (!sessions.has(id)) sessions.set(id, {}); done(); },
    end: (id, done) => { sessions.delete(id); done(); },
    set: (id, key, value, done) => { sessions.get(id)[key] = value; done(); },
    get: (id, key, done) => { done(null, sessions.get(id)[key]); },
  });
  menu.on("error", (error) => { console.error(error); menu.end("We are sorry, something went wrong."); });
  menu.startState({
    run: () => menu.con("County services (free)\n1 Water fault\n2 Tax compliance\n3 Public project\n4 My requests"),
    next: { 1: "what" },
  });
  menu.state("what", {
    run: () => menu.con("What is wrong?\n1 No water\n2 Burst pipe\n3 Dirty water\n0 Back"),
    next: { 1: "place", 2: "place", 3: "place" },
  });
  menu.state("place", {
    run: async () => {
      await menu.session.set("fault", ["No water", "Burst pipe", "Dirty water"][menu.val - 1]);
      menu.con("Which village or estate?\n0 Back");
    },
    next: { "*^.{1,40}$": "account" },
  });
  menu.state("account", {
    run: async () => {
      await menu.session.set("place", menu.val);
      menu.con("Account number (8 digits), or 0 if none");
    },
    next: { "*^([0-9]{8}|0)$": "review" },
  });
  menu.state("review", {
    run: async () => {
      await menu.session.set("account", menu.val);
      const [fault, place] = [await menu.session.get("fault"), await menu.session.get("place")];
      menu.con(`${fault} at ${place}. Send?\n1 Send\n2 Change\n0 Back`);
    },
    next: { 1: "done", 2: "what" },
  });
  menu.state("done", { run: () => menu.end(`Received. Your number is ${reference()}.`) });
  return menu;
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function reference() {
  const drawn = Array.from(crypto.randomBytes(12), (byte) => ALPHABET[byte & 31]).join("");
  return `${drawn.slice(0, 4)}-${drawn.slice(4, 8)}-${drawn.slice(8)}`;
}

const app = express();
app.use(express.urlencoded({ extended: false }));
app.post("/ussd", (request, response) => {
  menu().run(request.body, (text) => response.type("text/plain").send(text));
});
const server = app.listen(Number(process.argv[2]), "127.0.0.1");
server.keepAliveTimeout = 75000;
