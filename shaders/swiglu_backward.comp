#version 450
// With s = sigma(gate): dgate = dy up s (1 + gate (1 - s)), dup = dy gate s
#include "elementwise.glsl"
#include "sigmoid.glsl"
INPUT(0, gate)
INPUT(1, up)
INPUT(2, dy)
OUTPUT(3, dgate) // may be an input, as dup may: every quad is read before it is written
OUTPUT(4, dup)
LOADER(gate)
LOADER(up)
LOADER(dy)
STORER(dgate)
STORER(dup)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_gate(quad, n);
        vec4 factor = load_up(quad, n);
        vec4 gradient = load_dy(quad, n);
        vec4 s = sigmoid(value);
        store_dgate(quad, n, gradient * factor * s * (1.0 + value * (1.0 - s)));
        store_dup(quad, n, gradient * value * s);
    }
}
