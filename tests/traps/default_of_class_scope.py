class A:
    BASE = 1
    def f(self, x=[BASE]):
        x.append(2)
        return list(x)
print(A().f())
