"""Price schedules of ISO 15118-20 as tariffs, and back.

Times count from ``origin``, the moment the message was made by its own header: whose clock is
wrong does not matter then.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from bsw.chrgm.messages.iso20 import common as msg
from bsw.chrgm.messages.iso20.common_types import RationalNumber
from bsw.prices.tariff import Algorithm, Overstay, Rule, Stack, Tariff, Tax

MOST_LEVELS: Final = 255
"""What is dearer than so many prices counts as the last of them."""
LONGEST: Final = 2**32 - 1
"""Seconds that a duration can say."""
FINEST: Final = -5
"""Decimal places of money: a hundred-thousandth is finer than any tariff."""


def read(schedule: msg.AbsolutePriceSchedule, origin: int) -> Tariff | None:
    """Nothing if it is to be computed by a way that the standard does not name."""
    algorithm = next((each for each in Algorithm if each.value == schedule.price_algorithm), None)
    if algorithm is None:
        return None
    taxes = () if schedule.tax_rules is None else schedule.tax_rules.tax_rule
    overstay = schedule.overstay_rules
    services = schedule.additional_selected_services
    extra = () if services is None else services.additional_service
    return Tariff(
        stacks=_stacks(schedule, schedule.time_anchor - origin),
        algorithm=algorithm,
        currency=schedule.currency,
        taxes=tuple(_tax(rule) for rule in taxes),
        minimum=_number(schedule.minimum_cost),
        maximum=_number(schedule.maximum_cost),
        overstay=() if overstay is None else tuple(map(_overstay, overstay.overstay_rule)),
        overstay_after=None if overstay is None else overstay.overstay_time_threshold,
        services=tuple((service.service_name, float(service.service_fee)) for service in extra),
    )


def read_levels(schedule: msg.PriceLevelSchedule, origin: int) -> Tariff:
    """A price level is a price that only compares: the lowest is the best."""
    entries = schedule.price_level_schedule_entries.price_level_schedule_entry
    begins = _begins(schedule.time_anchor - origin, [entry.duration for entry in entries])
    stacks = (
        Stack(begin, begin + entry.duration, (Rule(float(entry.price_level)),))
        for begin, entry in zip(begins, entries, strict=True)
    )
    return Tariff(tuple(stacks), currency="")


def _begins(first: int, durations: Sequence[int]) -> list[int]:
    return list(accumulate(durations[:-1], initial=first))


def _stacks(schedule: msg.AbsolutePriceSchedule, first: int) -> tuple[Stack, ...]:
    stacks = schedule.price_rule_stacks.price_rule_stack
    begins = _begins(first, [stack.duration for stack in stacks])
    return tuple(
        Stack(
            begin, begin + stack.duration, tuple(sorted(map(_rule, stack.price_rule), key=_power))
        )
        for begin, stack in zip(begins, stacks, strict=True)
    )


def _power(rule: Rule) -> float:
    return rule.power


def _rule(rule: msg.PriceRule) -> Rule:
    return Rule(
        fee=float(rule.energy_fee),
        power=float(rule.power_range_start),
        parking_fee=_number(rule.parking_fee) or 0.0,
        parking_period=rule.parking_fee_period or 0,
        carbon_dioxide=rule.carbon_dioxide_emission,
        renewable=rule.renewable_generation_percentage,
    )


def _tax(rule: msg.TaxRule) -> Tax:
    return Tax(
        rate=float(rule.tax_rate),
        included=bool(rule.tax_included_in_price),
        energy=rule.applies_to_energy_fee,
        parking=rule.applies_to_parking_fee,
        overstay=rule.applies_to_overstay_fee,
        bounds=rule.applies_minimum_maximum_cost,
    )


def _overstay(rule: msg.OverstayRule) -> Overstay:
    return Overstay(rule.start_time, float(rule.overstay_fee), rule.overstay_fee_period)


def _number(number: RationalNumber | None) -> float | None:
    return None if number is None else float(number)


def told(
    tariff: Tariff, *, anchor: int, number: int, language: str = "eng", most_stacks: int = 1024
) -> msg.AbsolutePriceSchedule:
    """The tariff in the words of the message, its beginning at ``anchor``; see ``shortened``."""
    stacks = shortened(tariff.stacks, most_stacks)
    return msg.AbsolutePriceSchedule(
        time_anchor=anchor + stacks[0].begin,
        price_schedule_id=number,
        currency=tariff.currency,
        language=language,
        price_algorithm=tariff.algorithm.value,
        minimum_cost=_money(tariff.minimum),
        maximum_cost=_money(tariff.maximum),
        tax_rules=_tax_rules(tariff.taxes),
        price_rule_stacks=msg.PriceRuleStackList(
            price_rule_stack=tuple(
                msg.PriceRuleStack(
                    duration=int(min(stack.end - stack.begin, LONGEST)),
                    price_rule=tuple(_price_rule(rule) for rule in stack.rules),
                )
                for stack in stacks
            )
        ),
        overstay_rules=_overstay_rules(tariff),
        additional_selected_services=_services(tariff.services),
    )


def told_levels(
    tariff: Tariff, *, anchor: int, number: int, most_entries: int = 1024
) -> msg.PriceLevelSchedule:
    """How its prices compare: level 0 is the lowest of them."""
    stacks = shortened(tariff.stacks, most_entries)
    fees = sorted({_dearest(stack) for stack in tariff.stacks})[:MOST_LEVELS]
    return msg.PriceLevelSchedule(
        time_anchor=anchor + stacks[0].begin,
        price_schedule_id=number,
        number_of_price_levels=len(fees),
        price_level_schedule_entries=msg.PriceLevelScheduleEntryList(
            price_level_schedule_entry=tuple(
                msg.PriceLevelScheduleEntry(
                    duration=int(min(stack.end - stack.begin, LONGEST)),
                    price_level=bisect_left(fees, min(_dearest(stack), fees[-1])),
                )
                for stack in stacks
            )
        ),
    )


def shortened(stacks: tuple[Stack, ...], most: int) -> tuple[Stack, ...]:
    """At most so many: neighbours become one that promises no better price than either had."""
    kept = list(stacks)
    while len(kept) > most:
        gaps = [abs(_dearest(one) - _dearest(two)) for one, two in pairwise(kept)]
        place = gaps.index(min(gaps))
        first, second = kept[place : place + 2]
        dearer = second if _dearest(second) > _dearest(first) else first
        kept[place : place + 2] = [Stack(first.begin, second.end, dearer.rules)]
    return tuple(kept)


def _dearest(stack: Stack) -> float:
    return max(rule.fee for rule in stack.rules)


def _money(amount: float | None) -> RationalNumber | None:
    return None if amount is None else RationalNumber.of(amount, finest=FINEST)


def _price_rule(rule: Rule) -> msg.PriceRule:
    return msg.PriceRule(
        energy_fee=RationalNumber.of(rule.fee, finest=FINEST),
        parking_fee=_money(rule.parking_fee or None),
        parking_fee_period=rule.parking_period or None,
        carbon_dioxide_emission=rule.carbon_dioxide,
        renewable_generation_percentage=rule.renewable,
        power_range_start=RationalNumber.of(rule.power),
    )


def _tax_rules(taxes: tuple[Tax, ...]) -> msg.TaxRuleList | None:
    rules = tuple(
        msg.TaxRule(
            tax_rule_id=number,
            tax_rate=RationalNumber.of(tax.rate),
            tax_included_in_price=tax.included,
            applies_to_energy_fee=tax.energy,
            applies_to_parking_fee=tax.parking,
            applies_to_overstay_fee=tax.overstay,
            applies_minimum_maximum_cost=tax.bounds,
        )
        for number, tax in enumerate(taxes, 1)
    )
    return msg.TaxRuleList(tax_rule=rules) if rules else None


def _overstay_rules(tariff: Tariff) -> msg.OverstayRuleList | None:
    if not tariff.overstay:
        return None
    return msg.OverstayRuleList(
        overstay_time_threshold=tariff.overstay_after,
        overstay_rule=tuple(
            msg.OverstayRule(
                start_time=rule.start,
                overstay_fee=RationalNumber.of(rule.fee, finest=FINEST),
                overstay_fee_period=rule.period,
            )
            for rule in tariff.overstay
        ),
    )


def _services(services: tuple[tuple[str, float], ...]) -> msg.AdditionalServiceList | None:
    if not services:
        return None
    return msg.AdditionalServiceList(
        additional_service=tuple(
            msg.AdditionalService(
                service_name=name, service_fee=RationalNumber.of(fee, finest=FINEST)
            )
            for name, fee in services
        )
    )
