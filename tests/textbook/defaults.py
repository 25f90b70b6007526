# Mutable default arguments, as tutorials show them.


def append_to(element, to=[]):  # expect: ML201
    to.append(element)
    return to


print(append_to(12))
print(append_to(42))


def count_words(text, counts={}):  # expect: ML201
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def add_unique(item, seen=set()):  # expect: ML201
    seen.add(item)
    return seen


class Student:
    def __init__(self, name, grades=[]):  # expect: ML202
        self.name = name
        self.grades = grades

    def add_grade(self, grade):
        self.grades.append(grade)


alice = Student("Alice")
alice.add_grade(90)
bob = Student("Bob")
print(bob.grades)
