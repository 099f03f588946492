amount > 50
