# Large temporaries, as tutorials show them.
import time

import numpy as np
import pandas as pd


def total(n):
    return sum([x * x for x in range(n)])  # expect: ML405


squares_sum = sum([x**2 for x in range(1_000_000)])  # expect: ML405
with open("data.txt") as lines:
    longest = max([len(line) for line in lines])  # expect: ML405


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


def totals(path, other):
    sales = pd.read_csv(path)  # expect: ML401, ML913
    amount = sales["amount"].sum()
    costs = pd.read_csv(other)  # expect: ML913
    return amount - costs["amount"].sum()


def squares(n):
    numbers = [0] * 10_000_000  # expect: ML401
    print(sum(numbers))
    others = [1] * 10_000_000
    return others


def load_big():
    return list(range(10_000_000))


def serve():
    big = load_big()  # expect: ML401
    print(len(big))
    while True:
        time.sleep(1)


data = np.zeros((10_000, 1_000))  # expect: ML401
print(data.mean())
time.sleep(60)


def averages(paths):
    for path in paths:
        df = pd.read_csv(path)  # expect: ML402
        print(df.mean())


def process_all(paths):
    for path in paths:
        image = np.load(path)  # expect: ML402
        process(image)


for i in range(10):
    big = [i] * 10_000_000  # expect: ML402
    print(len(big))


def worker(queue):
    while True:
        item = queue.get()  # expect: ML403
        if item is None:
            break
        process(item)


async def consumer(websocket):
    while True:
        message = await websocket.recv()  # expect: ML403
        await handle(message)
