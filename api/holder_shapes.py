"""What a holder has and which codes belong together, as the JSON of the contract; both doors use it."""

from licences import RELATIONS, HolderFile, HolderLink, LinkEntry, mask_code

from .messages import day_text, instant_text


def holder_shape(file: HolderFile, *, linked: bool) -> dict[str, object]:
    """Return a holder's file; neither name nor number of the holder is in it, and linked codes are masked."""
    return {
        "licences": [
            {
                "identifier": one.record.identifier,
                "number": one.record.number,
                "type": one.record.type_slug,
                "status": one.status.value.value,
                "valid_from": day_text(one.record.valid_from),
                "valid_to": day_text(one.record.valid_to),
                "in_force": one.in_force,
                **({"through": [_link_shape(link) for link in one.path]} if linked else {}),
            }
            for one in file.licences
        ]
    }


def link_shape(entry: LinkEntry) -> dict[str, object]:
    """Return a link between two holder codes with what became of it; the codes are masked."""
    link, withdrawal = entry.link, entry.withdrawal
    return _link_shape(link) | {
        "evidence": link.evidence,
        "evidence_digest": link.evidence_digest or None,
        "recorded_at": instant_text(link.recorded_at),
        "actor": link.actor.name,
        "office": link.actor.office,
        "withdrawn": None
        if withdrawal is None
        else {
            "reason": withdrawal.reason,
            "recorded_at": instant_text(withdrawal.recorded_at),
            "actor": withdrawal.actor.name,
            "office": withdrawal.actor.office,
        },
    }


def _link_shape(link: HolderLink) -> dict[str, object]:
    relation = RELATIONS[link.relation]
    return {
        "link": link.id,
        "relation": link.relation,
        "name": {"zh": relation.zh, "en": relation.en},
        "earlier": {"kind": link.earlier[0], "code": mask_code(*link.earlier)},
        "later": {"kind": link.later[0], "code": mask_code(*link.later)},
        "since": day_text(link.since),
    }
