// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
uvec4 philox(uvec4 counter, uvec2 key) {
    [[unroll]] for (uint i = 0; i < 10; i++) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, counter.x, high0, low0);
        umulExtended(0xCD9E8D57u, counter.z, high1, low1);
        counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

// One dropout mask: see Dropout.cs for what the words mean.
struct Dropout {
    uvec2 seed;
    uint step;
    uint stream;
    uint threshold;
    float scale;
};

// Which of four neighbouring elements are dropped.
bvec4 dropped(Dropout dropout, uint quad, uint row) {
    return lessThan(philox(uvec4(quad, row, dropout.step, dropout.stream), dropout.seed), uvec4(dropout.threshold));
}

// Their factors, 0 or the scale.
vec4 dropout_factors(Dropout dropout, uint quad, uint row) {
    return mix(vec4(dropout.scale), vec4(0), dropped(dropout, quad, row));
}
