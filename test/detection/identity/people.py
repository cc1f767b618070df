"""Makes up persons with Python's faker, whose lists and formats are not those of @faker-js/faker.

    python3 people.py PERSONS-PER-LOCALE SEED

Writes one JSON object, the `People` of person.ts. Check digits of identifiers that faker does not know are computed here, after
the publications that the detectors name, so that they check the detectors and not themselves.
"""

import json
import random
import sys
import unicodedata

from faker import Faker

LANGUAGES = {
    "en": ["en_US", "en_GB", "en_CA", "en_AU", "en_IE", "en_NZ"],
    "fr": ["fr_FR", "fr_CA", "fr_BE", "fr_CH"],
    "de": ["de_DE", "de_AT", "de_CH"],
    "es": ["es_ES", "es_MX", "es_CO", "es_AR"],
    "it": ["it_IT"],
    "nordic": ["sv_SE", "no_NO", "da_DK", "fi_FI"],
}
# Countries in the register of ISO 13616; faker also makes numbers of that look for others.
WITH_IBAN = {"en_GB", "en_IE", "fr_FR", "fr_CH", "fr_BE", "de_DE", "de_AT", "de_CH", "es_ES", "it_IT", "no_NO", "fi_FI", "sv_SE"}
RARE = ["yo_NG", "zu_ZA", "id_ID", "vi_VN", "lv_LV", "et_EE", "sq_AL", "az_AZ", "tw_GH", "uz_UZ", "ha_NG", "mt_MT"]

BANK = Faker("de_DE")


def luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def digits(chance: random.Random, count: int, first: str = "123456789") -> str:
    return chance.choice(first) + "".join(chance.choice("0123456789") for _ in range(count - 1))


def nhs(chance):
    while True:
        front = digits(chance, 9, "4679")
        check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(front)) % 11
        if check != 10:
            return front + str(check % 11)


def steuer_id(chance):
    """Ten digits of which one comes twice or three times, then ISO/IEC 7064 MOD 11,10."""
    pool = chance.sample("0123456789", 9)
    body = pool + [chance.choice(pool)]
    while True:
        chance.shuffle(body)
        if body[0] != "0" and not any(body[i] == body[i + 1] == body[min(i + 2, 9)] for i in range(9)):
            break
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def ramq(chance, family, given, birth, is_woman):
    letters = "".join(letter for letter in plain(family + "xxx").upper() if letter.isalpha())[:3]
    front = letters + plain(given).upper()[0]
    year, month, day = birth
    return f"{front}{year % 100:02}{month + (50 if is_woman else 0):02}{day:02}{digits(chance, 2, '0123456789')}"


def cpr(chance, birth):
    year, month, day = birth
    weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
    while True:
        number = f"{day:02}{month:02}{year % 100:02}{digits(chance, 4, '0123')}"
        if sum(weight * int(digit) for weight, digit in zip(weights, number)) % 11 == 0:
            return number


def medicare(chance):
    front = digits(chance, 8, "23456")
    check = sum(weight * int(digit) for weight, digit in zip([1, 3, 7, 9, 1, 3, 7, 9], front)) % 10
    return front + str(check) + chance.choice("123")


def tfn(chance):
    while True:
        number = digits(chance, 9)
        if sum(weight * int(digit) for weight, digit in zip([1, 4, 3, 7, 5, 8, 6, 9, 10], number)) % 11 == 0:
            return number


def national_insurance(chance):
    """Faker's all begin with ZZ, which HMRC never gives out (NIM39110)."""
    prefix = chance.choice("ABCEGHJKLMNOPRSTWXYZ") + chance.choice("ABCEGHJKLMNPRSTWXYZ")
    if prefix in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
        return national_insurance(chance)
    return prefix + digits(chance, 6, "0123456789") + chance.choice("ABCD")


def plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def grouped(text: str, *sizes: int, by: str = " ") -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return by.join(parts)


def ids_of(locale, fake, chance, given, family, birth):
    """(kind, text, whether it is sure without a context)"""
    if locale == "en_US":
        ssn = fake.ssn()
        return [("us-ssn", ssn, True), ("us-ssn", ssn.replace("-", ""), False)]
    if locale == "en_CA":
        sin = fake.ssn()
        ohip = digits(chance, 9)
        ohip += luhn_digit(ohip)
        return [
            ("ca-sin", sin, False),
            ("ca-sin", sin.replace(" ", "-"), True),
            ("ca-ohip", ohip, False),
            ("ca-ohip", grouped(ohip, 4, 3, 3, by="-") + "-" + chance.choice(["AB", "XK"]), True),
        ]
    if locale == "en_GB":
        number = nhs(chance)
        nino = national_insurance(chance)
        return [
            ("uk-nhs", number, False),
            ("uk-nhs", grouped(number, 3, 3, 4), True),
            ("uk-nino", nino, True),
            ("uk-nino", grouped(nino, 2, 2, 2, 2, 1), True),
        ]
    if locale == "en_AU":
        card = medicare(chance)
        return [
            ("au-medicare", card, False),
            ("au-medicare", grouped(card, 4, 5, 1), True),
            ("au-tfn", tfn(chance), False),
            ("au-tfn", grouped(tfn(chance), 3, 3, 3), False),
        ]
    if locale == "fr_FR":
        nir = fake.ssn()
        return [("fr-nir", nir, False), ("fr-nir", grouped(nir, 1, 2, 2, 2, 3, 3, 2), True)]
    if locale == "fr_CA":
        number = ramq(chance, family, given, birth, chance.random() < 0.5)
        return [("ca-ramq", number, True), ("ca-ramq", grouped(number, 4, 4, 4), True), ("ca-ramq", number.lower(), False)]
    if locale == "de_DE":
        number = steuer_id(chance)
        kvnr = fake.kvnr()
        return [
            ("de-kvnr", kvnr, False),
            ("de-kvnr", kvnr[:10], False),
            ("de-steuer-id", number, False),
            ("de-steuer-id", grouped(number, 2, 3, 3, 3), True),
        ]
    if locale == "es_ES":
        return [("es-dni-nie", fake.nif(), True), ("es-dni-nie", fake.nie(), True)]
    if locale == "it_IT":
        return [("it-codice-fiscale", fake.ssn(), True)]
    if locale == "sv_SE":
        number = fake.ssn()
        return [("se-personnummer", number, True), ("se-personnummer", number.replace("-", ""), False)]
    if locale == "no_NO":
        return [("no-fodselsnummer", fake.ssn(), False)]
    if locale == "da_DK":
        number = cpr(chance, birth)
        return [("dk-cpr", number, False), ("dk-cpr", grouped(number, 6, 4, by="-"), False)]
    if locale == "fi_FI":
        return [("fi-hetu", fake.ssn(), True)]
    return []


def person(language, locale, fake, chance):
    given, family = fake.first_name(), fake.last_name()
    born = fake.date_of_birth(minimum_age=2, maximum_age=88)
    birth = (born.year, born.month, born.day)
    address = fake.address()
    return {
        "language": language,
        "given": given,
        "family": family,
        "phone": fake.phone_number(),
        "address": address if chance.random() < 0.4 else ", ".join(part.strip() for part in address.split("\n")),
        "email": fake.email() if chance.random() < 0.5 else fake.company_email(),
        "account": fake.user_name(),
        "birth": {"year": born.year, "month": born.month, "day": born.day},
        "iban": (fake if locale in WITH_IBAN else BANK).iban(),
        "card": fake.credit_card_number(card_type=chance.choice(["visa16", "mastercard", "amex"])),
        "ids": [{"kind": k, "text": t, "isSure": s} for k, t, s in ids_of(locale, fake, chance, given, family, birth)],
    }


def main(count, seed):
    chance = random.Random(seed)
    BANK.seed_instance(seed)
    persons, rare = [], []
    for language, locales in LANGUAGES.items():
        for locale in locales:
            fake = Faker(locale)
            fake.seed_instance(f"{seed} {locale}")
            persons += [person(language, locale, fake, chance) for _ in range(max(1, count // len(locales)))]
    for locale in RARE:
        fake = Faker(locale)
        fake.seed_instance(f"{seed} {locale}")
        rare += [{"given": fake.first_name(), "family": fake.last_name()} for _ in range(max(1, count // 8))]
    json.dump({"persons": persons, "rare": rare}, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
