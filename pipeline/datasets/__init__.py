"""Tables: their schemas (the contract, once), how they are stored, read in and checked."""
