"""The few texts that an import adds of its own, in the languages of the gateway. Pure."""

from __future__ import annotations

from collections.abc import Mapping

SAYINGS: Mapping[str, Mapping[str, str]] = {
    "gap": {
        "en": "not carried over", "sw": "haikuhamishwa", "fr": "non repris", "pt": "não transferido",
        "ar": "لم ينقل", "am": "አልተላለፈም",
    },
    "send": {"en": "Send?", "sw": "Tuma?", "fr": "Envoyer ?", "pt": "Enviar?", "ar": "هل نرسل؟", "am": "ይላክ?"},
    "not_sent": {
        "en": "Nothing was sent.", "sw": "Hakuna kilichotumwa.", "fr": "Rien n'a été envoyé.",
        "pt": "Nada foi enviado.", "ar": "لم يرسل شيء.", "am": "ምንም አልተላከም።",
    },
    "number": {
        "en": "Received. Your number is {reference}.", "sw": "Imepokelewa. Nambari yako ni {reference}.",
        "fr": "Reçu. Votre numéro est {reference}.", "pt": "Recebido. O seu número é {reference}.",
        "ar": "تم الاستلام. رقمك {reference}.", "am": "ደርሶናል። ቁጥርዎ {reference}።",
    },
    "thanks": {
        "en": "Thank you.", "sw": "Asante.", "fr": "Merci.", "pt": "Obrigado.", "ar": "شكرا.", "am": "እናመሰግናለን።",
    },
    "trouble": {
        "en": "The office does not answer just now. Please dial again later.",
        "sw": "Ofisi haijibu kwa sasa. Tafadhali piga tena baadaye.",
        "fr": "Le bureau ne répond pas. Rappelez plus tard.",
        "pt": "O serviço não responde. Ligue mais tarde.",
        "ar": "المكتب لا يجيب الآن. اتصل لاحقا.", "am": "ቢሮው አሁን አይመልስም። በኋላ ይደውሉ።",
    },
    "no_way": {
        "en": "We cannot go on from here. Please dial again.", "sw": "Hatuwezi kuendelea. Tafadhali piga tena.",
        "fr": "Impossible de continuer. Rappelez.", "pt": "Não podemos continuar. Ligue outra vez.",
        "ar": "لا يمكن المتابعة. اتصل مرة أخرى.", "am": "መቀጠል አልተቻለም። እንደገና ይደውሉ።",
    },
    "go_on": {"en": "Go on", "sw": "Endelea", "fr": "Continuer", "pt": "Continuar", "ar": "متابعة", "am": "ቀጥል"},
    "finish": {"en": "Finish", "sw": "Maliza", "fr": "Terminer", "pt": "Terminar", "ar": "إنهاء", "am": "ጨርስ"},
    "what_next": {
        "en": "What next?", "sw": "Nini tena?", "fr": "Et ensuite ?",
        "pt": "E agora?", "ar": "ماذا بعد؟", "am": "ቀጥሎስ?",
    },
    "choose": {
        "en": "Please choose.", "sw": "Chagua.", "fr": "Choisissez.", "pt": "Escolha.", "ar": "اختر.", "am": "ይምረጡ።",
    },
    "others": {"en": "Others", "sw": "Nyingine", "fr": "Autres", "pt": "Outros", "ar": "أخرى", "am": "ሌሎች"},
    "moment": {
        "en": "One moment, please.", "sw": "Subiri kidogo.", "fr": "Un instant.",
        "pt": "Um momento.", "ar": "لحظة من فضلك.", "am": "አንድ አፍታ።",
    },
}  # fmt: skip
