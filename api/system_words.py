"""Why the operating system refuses to read or write something, in words that say what to do."""

import errno
from collections.abc import Mapping

from .messages import Message


def _message(zh: str, en: str) -> Message:
    return Message(zh=zh, en=en)


_NO_FILE = _message("没有这个文件，请核对文件名和所在文件夹", "no such file; check its name and folder")
_LONG_NAME = _message("文件名太长", "the name is too long")
_FULL = _message("磁盘已满，请清理后再试", "the disk is full; free some and try again")
_NOT_ALLOWED = _message(
    "没有写入权限，请换一个文件夹或联系管理员", "no permission; take another folder or ask the administrator"
)
_IN_THE_WAY = _message("这里应为文件夹，却有同名的文件", "a file stands where a folder is wanted")

_UNREAD: Mapping[int, Message] = {
    errno.ENOENT: _NO_FILE,
    errno.ENOTDIR: _NO_FILE,
    errno.EISDIR: _message("这是文件夹，请给出其中的一个文件", "this is a folder; name a file in it"),
    errno.EACCES: _message(
        "没有权限读取这个文件，请联系管理员", "no permission to read this file; ask the administrator"
    ),
    errno.ENAMETOOLONG: _LONG_NAME,
}
_UNWRITTEN: Mapping[int, Message] = {
    errno.ENOENT: _message("没有这个文件夹，也不能新建", "there is no such folder, and none can be made"),
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _message("磁盘是只读的，请换一个文件夹", "the disk is read-only; take another folder"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _message("磁盘配额已用完，请清理后再试", "the quota is used up; free some and try again"),
    errno.EISDIR: _message("已有同名的文件夹，请换一个文件名", "a folder has this name; take another one"),
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ENAMETOOLONG: _LONG_NAME,
}


def why_unread(error: Exception) -> Message:
    """Say why a file could not be read; a name that no file can have is no error of the system."""
    number = error.errno if isinstance(error, OSError) else None
    return _UNREAD.get(number or 0, _message("无法读取这个文件", "this file cannot be read"))


def why_unwritten(error: OSError) -> Message:
    """Say why something could not be written."""
    other = _message("系统拒绝写入", error.strerror or type(error).__name__)
    return _UNWRITTEN.get(error.errno or 0, other)
