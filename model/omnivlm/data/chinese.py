"""The words of the drawn world in Chinese: names, the measure words that count them, colours."""

KINDS_CN: dict[str, tuple[str, str]] = {
    "circle": ("圆形", "个"),
    "square": ("正方形", "个"),
    "triangle": ("三角形", "个"),
    "star": ("五角星", "颗"),
    "house": ("房子", "栋"),
    "tree": ("树", "棵"),
    "car": ("汽车", "辆"),
    "flower": ("花", "朵"),
    "cup": ("杯子", "个"),
    "key": ("钥匙", "把"),
    "book": ("书", "本"),
    "lamp": ("台灯", "盏"),
    "fish": ("鱼", "条"),
    "boat": ("帆船", "艘"),
    "umbrella": ("雨伞", "把"),
    "cloud": ("云", "朵"),
}
"""kind -> its name and its measure word."""

COLOURS_CN: dict[str, str] = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "black": "黑色",
}

PLACES_CN: dict[str, str] = {
    "top left": "左上角",
    "top centre": "上方中间",
    "top right": "右上角",
    "middle left": "左侧中间",
    "centre": "正中央",
    "middle right": "右侧中间",
    "bottom left": "左下角",
    "bottom centre": "下方中间",
    "bottom right": "右下角",
}

SIDES_CN: dict[str, str] = {
    "to the left of": "左侧",
    "to the right of": "右侧",
    "above": "上方",
    "below": "下方",
}

ORGANISMS_CN: dict[str, str] = {
    "grass": "草", "clover": "三叶草", "leaves": "树叶", "seeds": "种子", "algae": "藻类",
    "corn": "玉米", "rabbit": "兔子", "mouse": "老鼠", "beetle": "甲虫", "snail": "蜗牛",
    "grasshopper": "蚱蜢", "caterpillar": "毛毛虫", "frog": "青蛙", "lizard": "蜥蜴",
    "small bird": "小鸟", "spider": "蜘蛛", "toad": "蟾蜍", "shrew": "鼩鼱", "hawk": "鹰",
    "snake": "蛇", "owl": "猫头鹰", "fox": "狐狸", "heron": "苍鹭", "weasel": "黄鼠狼",
}  # fmt: skip

USES_CN: dict[str, str] = {
    "triangle": "恰好有三条边",
    "house": "是供人居住的",
    "tree": "有木质的树干",
    "car": "在公路上行驶",
    "flower": "有花瓣",
    "cup": "是用来喝水的",
    "key": "可以用来开锁",
    "book": "是供人阅读的",
    "lamp": "可以为房间照明",
    "fish": "用鳃呼吸",
    "boat": "可以载人在水上航行",
    "umbrella": "下雨时可以撑起来挡雨",
    "cloud": "会下雨",
}
"""kind -> what completes 图中的哪个物体 ...; true of no other kind."""
