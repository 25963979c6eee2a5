#version 450
// y = gate sigma(gate) up. Shazeer, arXiv:2002.05202.
#include "elementwise.glsl"
#include "sigmoid.glsl"
INPUT(0, gate)
INPUT(1, up)
OUTPUT(2, y)
LOADER(gate)
LOADER(up)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_gate(quad, n);
        store_y(quad, n, value * sigmoid(value) * load_up(quad, n));
    }
}
