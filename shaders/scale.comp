#version 450
// y = factor x
#include "elementwise.glsl"
BUFFER(0, readonly, x)
BUFFER(1, writeonly, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants {
    uint n;
    float factor;
};

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, factor * load_x(quad, n));
    }
}
