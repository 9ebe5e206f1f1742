"""First two digits of region codes (GB/T 2260), for warnings only.

No finer table is kept: those that can be had are years old, and the codes of abolished counties stay valid for life.
"""

from collections.abc import Mapping
from types import MappingProxyType

PROVINCES: Mapping[str, str] = MappingProxyType(
    {
        "11": "北京",
        "12": "天津",
        "13": "河北",
        "14": "山西",
        "15": "内蒙古",
        "21": "辽宁",
        "22": "吉林",
        "23": "黑龙江",
        "31": "上海",
        "32": "江苏",
        "33": "浙江",
        "34": "安徽",
        "35": "福建",
        "36": "江西",
        "37": "山东",
        "41": "河南",
        "42": "湖北",
        "43": "湖南",
        "44": "广东",
        "45": "广西",
        "46": "海南",
        "50": "重庆",
        "51": "四川",
        "52": "贵州",
        "53": "云南",
        "54": "西藏",
        "61": "陕西",
        "62": "甘肃",
        "63": "青海",
        "64": "宁夏",
        "65": "新疆",
        "71": "台湾",
        "81": "香港",
        "82": "澳门",
    }
)
RESIDENCE_PERMITS: Mapping[str, str] = MappingProxyType(
    {"810000": "港澳居民居住证（香港）", "820000": "港澳居民居住证（澳门）", "830000": "台湾居民居住证"}
)
"""What stands in the place of the region in the citizen number on a residence permit."""
_NATIONAL = "100000"


def is_known_region(region: str, *, of_organisation: bool) -> bool:
    """Tell whether six digits begin like a region code, as written in a credit code or in a citizen number."""
    if of_organisation:
        return region == _NATIONAL or region[:2] in PROVINCES
    if region[:2] in {permit[:2] for permit in RESIDENCE_PERMITS}:
        return region in RESIDENCE_PERMITS
    return region[:2] in PROVINCES
