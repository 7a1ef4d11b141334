"""A page whose lines are cut at the width of a column, for tests of the report's picture."""

from __future__ import annotations

CUT = """老街书场添新座
■ 记者 孟晓岚
城南老街的书场昨天重新开张,新添了三十个座位。开场第一段书,说的是运河上的故
事,听书的人把茶馆挤得满满当当,连门口也站满了人。
春灌用上智能闸门
本报讯（记者 周文涛）3日,清河灌区的12座智能闸门同时开启。与往年相比,浇一亩地的时间少了一半。
责任编辑：某某
"""
