# Large temporaries, as tutorials show them.


def total(n):
    return sum([x * x for x in range(n)])  # expect: ML405


squares_sum = sum([x**2 for x in range(1_000_000)])  # expect: ML405
longest = max([len(line) for line in open("data.txt")])  # expect: ML405


def count_lines(path):
    count = 0
    with open(path) as f:
        for line in f.readlines():  # expect: ML404
            if line.strip():
                count += 1
    return count


with open("data.txt") as f:
    for line in f.readlines():  # expect: ML404
        print(line)

with open("data.txt") as f:
    for line in f.read().splitlines():  # expect: ML404
        print(line)
