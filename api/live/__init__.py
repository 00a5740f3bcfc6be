"""Who follows jobs hears of their changes; who reads them is answered from memory."""
