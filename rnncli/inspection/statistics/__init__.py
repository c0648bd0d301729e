"""What goes with what: units with features, all units with a feature, units with the last characters."""
