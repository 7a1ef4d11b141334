"""What is learned from text or looked up: n-gram model, word list, look-alikes, names, lexicons."""
