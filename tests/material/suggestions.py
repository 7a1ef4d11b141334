"""Invented pages that give many suggestions: rivers printed one look-alike away from known ones, a name misread."""

from __future__ import annotations

from pathlib import Path

#: Known river → how it is misprinted.
RIVERS = {
    "潴龙河": "潲龙河", "甘陶河": "廿陶河", "青龙河": "胄龙河", "温榆河": "渥榆河", "通惠河": "逋惠河",
    "还乡河": "迂乡河", "琉璃河": "梳璃河", "露水河": "霞水河", "榆林河": "揄林河", "南洋河": "南佯河",
    "庄浪河": "庋浪河", "祖厉河": "徂厉河", "偏关河": "谝关河", "窟野河": "窥野河", "饮马河": "炊马河",
    "小滦河": "小溧河", "大夏河": "大戛河", "佳芦河": "诖芦河", "妫水河": "妨水河", "天堂河": "夭堂河",
    "白沟河": "白洵河", "金钟河": "佥钟河", "昆玉河": "琵玉河", "宣惠河": "宵惠河", "湟水河": "徨水河",
    "伊逊河": "傍逊河", "南排河": "南诽河", "皇甫川": "帛甫川", "三川河": "三珥河", "滹沱河": "滤沱河",
    "拒马河": "讵马河", "孝义河": "孪义河", "无定河": "夭定河", "湫水河": "愀水河",
}  # fmt: skip

#: What happens there; {} is the river.
SCENES = (
    "老渔民从小在{}边长大，如今守着这条河，天天在堤上来回巡查，看见漂着的杂物就顺手捞上岸来。",
    "清晨的{}畔雾气未散，晨练的居民沿着新修的步道慢跑，几只白鹭从芦苇丛里飞起，落在对岸的浅滩上。",
    "去年冬天，{}下游的两个村子合修了一座小桥，孩子们上学再也不用绕路，老人赶集也方便了许多。",
    "水务部门在{}沿线增设了六处监测点，数据每隔十分钟传回一次，值班的人在屏幕前就能看清水情。",
    "摄影爱好者陈列的照片里，{}的冬景最受欢迎，观众在画前停下来，说起各自小时候滑冰的事情。",
    "到了插秧的时候，农民从{}引水灌田，渠道两旁的柳树刚刚抽芽，田埂上到处是挑秧的人。",
)
HEADS = ("河边的一年", "堤上的脚印", "两岸人家", "水边纪事", "沿河走笔", "渡口新貌", "老桥新事", "河畔的早晨")


def page(number: int, rivers: list[str]) -> str:
    """One article; a paragraph with one misprinted river each."""
    lines = [HEADS[number % len(HEADS)], "本报记者 孟晓岚"]
    for n, river in enumerate(rivers):
        lines.append(SCENES[(number + n) % len(SCENES)].format(RIVERS[river]))
    return "\n".join(lines) + "\n"


def write_pages(folder: Path, n_pages: int = 12, a_page: int = 5, n_rivers: int = len(RIVERS)) -> int:
    """Pages `riverside/2025-03-NN/01.txt`; a river comes back after `n_rivers`. Returns the number of misprints."""
    rivers, at = list(RIVERS)[:n_rivers], 0
    for number in range(n_pages):
        chosen = [rivers[(at + n) % len(rivers)] for n in range(a_page)]
        at += a_page
        path = folder / "riverside" / f"2025-03-{number + 1:02d}" / "01.txt"
        path.parent.mkdir(parents=True)
        path.write_text(page(number, chosen), encoding="utf-8")
    return n_pages * a_page
