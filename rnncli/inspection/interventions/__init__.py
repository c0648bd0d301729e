"""What a network does when something in it, or in its text, is changed: units held, states exchanged, connections cut,
characters replaced. An association says what goes together, an intervention what is the cause."""
