"""What is proven of menus before citizens meet them; `checker.check` asks all the others. Pure."""
