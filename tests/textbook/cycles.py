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


class Parent:
    def __init__(self):
        self.children = []

    def add_child(self, child):
        child.parent = self
        self.children.append(child)  # expect: ML104


class Engine:
    def __init__(self, car):
        self.car = car


class Car:
    def __init__(self):
        self.engine = Engine(self)  # expect: ML104


class Thing:
    pass


a = Thing()
b = Thing()
a.other = b
b.other = a  # expect: ML104


def walk(tree):
    def visit(node):  # expect: ML105
        for child in node.children:
            visit(child)

    visit(tree)


def fetch(url):
    error = None
    for attempt in range(3):
        try:
            return request(url)
        except OSError as e:
            error = e  # expect: ML106
    raise error
