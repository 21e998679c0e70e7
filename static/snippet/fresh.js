// Whether an object is met for the first time. What is no object makes it fail.

export const fresh = (met, one) => !met.has(one) && met.add(one);
