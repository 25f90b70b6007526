from collections import defaultdict
d = defaultdict(list)
def f(k):
    for x in d[k]:
        print(x)
    return len(d)
print(f(1))
