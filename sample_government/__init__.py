"""A make-believe government and two make-believe telecoms, so that the gateway has somebody to talk to. Sample only."""
