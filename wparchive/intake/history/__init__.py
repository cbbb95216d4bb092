"""What foreign captures show of items over time, as far as it decides where one import run ends and the next begins."""
