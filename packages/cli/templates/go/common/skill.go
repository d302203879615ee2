// What a skill in Go needs: the interface skill:engine/tools as the canonical ABI lowers it.
// The file is yours: it has no other part anywhere.
//
// An instance lives for one call: what the host is handed is kept until then.
package main

import (
	"encoding/json"
	"unsafe"
)

// A Tool is one operation of the skill.
type Tool struct {
	Name        string
	Description string
	// Parameters is a JSON Schema of an object, draft 2020-12. The host validates every call with it.
	Parameters string
	// Run gets the parameters as JSON; its result becomes JSON. A ToolError has a code for programs.
	Run func(parameters json.RawMessage) (any, error)
}

// A ToolError is a failure with a stable name, such as not-found.
type ToolError struct {
	Code    string
	Message string
}

func (e *ToolError) Error() string { return e.Message }

// Memory for what translates WASI's first version to its second, which needs some before Go has started.
var adapterMemory = [256 << 10]byte{'s', 'k', 'i', 'l', 'l', '-', 'e', 'n', 'g', 'i', 'n', 'e', ':', 'm', 'e', 'm', 'o', 'r', 'y', '-', 'f', 'o', 'r', '-', 'a', 'd', 'a', 'p', 't', 'e', 'r', ':'}

var kept = map[uintptr][]byte{}

func keep(size uintptr) unsafe.Pointer {
	buffer := make([]byte, size+8)
	address := (uintptr(unsafe.Pointer(&buffer[0])) + 7) &^ 7
	kept[address] = buffer
	return unsafe.Pointer(address)
}

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	if size == 0 || adapterMemory[0] == 0 {
		return unsafe.Pointer(uintptr(align))
	}
	fresh := keep(uintptr(size))
	if old != nil && oldSize > 0 {
		copy(unsafe.Slice((*byte)(fresh), size), unsafe.Slice((*byte)(old), min(oldSize, size)))
	}
	return fresh
}

func textWords(text string) [2]uint32 {
	if text == "" {
		return [2]uint32{1, 0}
	}
	at := keep(uintptr(len(text)))
	copy(unsafe.Slice((*byte)(at), len(text)), text)
	return [2]uint32{uint32(uintptr(at)), uint32(len(text))}
}

func words(values ...uint32) unsafe.Pointer {
	at := keep(uintptr(len(values)) * 4)
	copy(unsafe.Slice((*uint32)(at), len(values)), values)
	return at
}

//go:wasmexport skill:engine/tools@0.1.0#list-tools
func listTools() unsafe.Pointer {
	var list []uint32
	for _, tool := range tools {
		name, description, parameters := textWords(tool.Name), textWords(tool.Description), textWords(tool.Parameters)
		list = append(list, name[0], name[1], 1, description[0], description[1], parameters[0], parameters[1], 0, 0, 0)
	}
	return words(uint32(uintptr(words(list...))), uint32(len(tools)))
}

//go:wasmexport skill:engine/tools@0.1.0#invoke
func invoke(name unsafe.Pointer, nameLength uint32, parameters unsafe.Pointer, length uint32) unsafe.Pointer {
	called := string(unsafe.Slice((*byte)(name), nameLength))
	for _, tool := range tools {
		if tool.Name == called {
			return result(tool.Run(json.RawMessage(unsafe.Slice((*byte)(parameters), length))))
		}
	}
	text := textWords(called)
	return words(1, 0, text[0], text[1], 0, 0, 0, 0, 0, 0, 0)
}

// result is 0 and the text, or 1 and the case "failed" of tool-error with its value.
func result(value any, failure error) unsafe.Pointer {
	var encoded []byte
	if failure == nil {
		encoded, failure = json.Marshal(value)
	}
	if failure == nil {
		text := textWords(string(encoded))
		return words(0, text[0], text[1], 0, 0, 0, 0, 0, 0, 0, 0)
	}
	message := textWords(failure.Error())
	if coded, ok := failure.(*ToolError); ok {
		code := textWords(coded.Code)
		return words(1, 2, 1, code[0], code[1], message[0], message[1], 0, 0, 0, 0)
	}
	return words(1, 2, 0, 0, 0, message[0], message[1], 0, 0, 0, 0)
}

//go:wasmimport wasi_snapshot_preview1 fd_prestat_get
func prestatGet(descriptor uint32, stat unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 fd_prestat_dir_name
func prestatName(descriptor uint32, name unsafe.Pointer, length uint32) uint32

// grants are the granted directories, by their names: the manifest's paths, on the host. Package os takes paths beneath them.
func grants() []string {
	var found []string
	for descriptor := uint32(3); ; descriptor++ {
		var stat [2]uint32
		if prestatGet(descriptor, unsafe.Pointer(&stat)) != 0 {
			return found
		}
		name := make([]byte, stat[1]+1)
		if prestatName(descriptor, unsafe.Pointer(&name[0]), stat[1]) != 0 {
			return found
		}
		found = append(found, string(name[:stat[1]]))
	}
}

// Needed by the compiler; a skill is called by its exports.
func main() {}
