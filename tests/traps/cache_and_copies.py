import functools, pickle, copy
class A:
    __slots__ = ("v",)
    def __init__(self, v):
        self.v = v
    @functools.lru_cache(maxsize=None)
    def f(self):
        return self.v
a = A(1)
print(a.f())
class B:
    def __init__(self, v):
        self.v = v
    @functools.lru_cache(maxsize=None)
    def f(self):
        return self.v
b = B(1); b.f()
c = copy.copy(b); c.v = 2
print(c.f(), vars(b), pickle.loads(pickle.dumps(b)).f())
