# Reference cycles through self-references, as tutorials show them.
import gc


class Node:
    def __init__(self, value):
        self.value = value
        self.self_ref = self  # expect: ML101


class Leaky:
    def __init__(self):
        self.data = [0] * 1_000_000
        self.callback = self.process  # expect: ML102

    def process(self):
        return len(self.data)


class Counter:
    def __init__(self):
        self.count = 0
        self.increment = lambda: self.count + 1  # expect: ML103


def make_nodes():
    for i in range(1000):
        node = Node(i)
        node.me = node


numbers = [1, 2, 3]
numbers.append(numbers)  # expect: ML111

registry = {}
registry["self"] = registry  # expect: ML111

leaky = Leaky()
del leaky
print(gc.collect())
