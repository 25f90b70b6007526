# One object taken for several, as tutorials show it.

grid = [[0] * 3] * 3  # expect: ML501
grid[0][0] = 1
print(grid)


def make_board(size):
    board = [["."] * size] * size  # expect: ML501
    board[1][1] = "X"
    return board


scores = dict.fromkeys(["alice", "bob"], [])  # expect: ML502
scores["alice"].append(10)
print(scores)


def group(names, pairs):
    groups = dict.fromkeys(names, [])  # expect: ML502
    for name, value in pairs:
        groups[name].append(value)
    return groups


# Shallow copies that share what is inside, and aliases taken for copies.
import copy

original = [[1, 2, 3], [4, 5, 6]]
shallow = copy.copy(original)  # expect: ML503
shallow[0][0] = 99
print(original)

matrix = [[1], [2]]
duplicate = matrix.copy()  # expect: ML503
duplicate[0].append(3)
print(matrix)

shopping = {"fruit": ["apple"], "total": 1}
other = dict(shopping)  # expect: ML503
other["fruit"].append("pear")
print(shopping)

nested = [[1, 2], [3, 4]]
part = nested[:]  # expect: ML503
part[1][0] = "changed"
assert nested[1][0] == "changed"

DEFAULT_CONFIG = {"db": {"host": "localhost"}, "debug": False}


def make_config(host):
    config = DEFAULT_CONFIG.copy()  # expect: ML503
    config["db"]["host"] = host
    return config


def with_debug(**options):
    config = {**DEFAULT_CONFIG, **options}  # expect: ML503
    config["db"]["debug"] = True
    return config


class Settings:
    def __init__(self):
        self.config = {"paths": []}

    def extended(self, path):
        config = copy.copy(self.config)  # expect: ML503
        config["paths"].append(path)
        return config


class Department:
    def __init__(self, name):
        self.name = name
        self.employees = []


sales = Department("sales")
support = copy.copy(sales)  # expect: ML503
support.employees.append("Eve")
print(sales.employees)

list1 = [1, 2, 3]
list1_copy = list1  # expect: ML504
list1_copy.append(4)
print(list1)


class Document:
    def __init__(self, pages):
        self.pages = pages

    def __deepcopy__(self, memo):
        return Document(copy.deepcopy(self.pages))  # expect: ML507
