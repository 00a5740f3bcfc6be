"""Every visual kind in every theme and shape, to be looked at: `make examples`."""
