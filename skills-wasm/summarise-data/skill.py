"""What a skill in Python needs: tools as functions, over the interface skill:engine/tools.

The file is yours: it has no other part anywhere. componentize-py makes the modules that it imports.
"""

import json
from dataclasses import dataclass
from typing import Any, Callable

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import tools as interface


class ToolError(Exception):
    """A failure with a stable name for programs, such as not-found."""

    def __init__(self, code: str, message: str, details: Any = None):
        super().__init__(message)
        self.code = code
        self.details = details


@dataclass
class _Tool:
    description: str
    parameters: dict
    run: Callable[..., Any]


_tools: dict[str, _Tool] = {}


def tool(name: str, description: str, parameters: dict):
    """Makes a function a tool. It is called with the parameters by name; `parameters` is their JSON Schema."""

    def decorate(run):
        _tools[name] = _Tool(description, parameters, run)
        return run

    return decorate


class Tools(exports.Tools):
    """What the world exports; app.py imports it."""

    def list_tools(self):
        return [
            interface.Tool(name, tool.description, json.dumps(tool.parameters), None)
            for name, tool in _tools.items()
        ]

    def invoke(self, tool: str, parameters: str) -> str:
        if tool not in _tools:
            raise Err(interface.ToolError_UnknownTool(tool))
        try:
            return json.dumps(_tools[tool].run(**json.loads(parameters)))
        except ToolError as error:
            details = None if error.details is None else json.dumps(error.details)
            raise Err(interface.ToolError_Failed(interface.Failure(error.code, str(error), details)))
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise Err(interface.ToolError_Failed(interface.Failure(None, message, None)))
