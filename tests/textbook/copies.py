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
