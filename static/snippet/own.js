// Whether an object has a property of its own, whatever its prototype became.

export const own = (object, key) => ({}).hasOwnProperty.call(object, key);
