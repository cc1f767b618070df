/** Whether decimal digits obey the Luhn rule: from the right, every second doubled, digit sums, modulus 10 (ISO/IEC 7812-1). */
export const luhn = (digits: string): boolean => {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const value = Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 1 : 2)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}
