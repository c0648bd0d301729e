"""Print the lowest versions that are declared, as pip takes them."""

import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
needed = [*project["dependencies"], *project["optional-dependencies"]["test"]]
print(*[name.replace(">=", "==") for name in needed], end="")  # without a line end, which on Windows bash would keep
