class A:
    items = []
    def __init__(self):
        self.n = 1
    def add(self, x):
        self.items.append(x)
        return len(self.items)
class B(A):
    def __init__(self):
        pass
print(B().add(1))
