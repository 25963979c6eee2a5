#version 450
// As attention.comp, for devices that compute in a CPU's vector registers, where a load costs as much as dozens of multiply-adds
// and lanes should not wait for each other: a lane has one query with its result, and is handed keys and values, of which each
// is loaded once for the block.
#include "attention.glsl"
layout(constant_id = 4) const uint QUADS = 8; // of a head
INPUT(1, q)
INPUT(2, k)
INPUT(3, v)
OUTPUT(4, y)
layout(set = 0, binding = 5, std430) writeonly buffer LogSumExp { float log_sum_exp[]; };
LOADER(q, columns)
LOADER(k, key_columns)
LOADER(v, key_columns)
STORER(y, columns)

HANDS(vec4, loaded, 1)

const float LOWEST = -3.0e38;

void main() {
    uint place = first_block + group_index();
    uint head = gl_WorkGroupID.z;
    uint key_head = key_head_of(head);
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint query = block.x + min(lane, block.y - 1);

    vec4 own_q[QUADS], result[QUADS];
    [[unroll]] for (uint c = 0; c < QUADS; c++) {
        own_q[c] = load_q(query, head, c);
        result[c] = vec4(0);
    }
    float maximum = LOWEST, total = 0.0;

    for (uint tile = 0; tile < block.w; tile += LANES) {
        uint key_row = block.z + min(tile + lane, block.w - 1);
        float score[LANES];
        [[unroll]] for (uint j = 0; j < LANES; j++) { score[j] = 0.0; }
        [[unroll]] for (uint c = 0; c < QUADS; c++) {
            begin_hands();
            HAND(loaded, 0) = load_k(key_row, key_head, c);
            end_hands();
            [[unroll]] for (uint j = 0; j < LANES; j++) { score[j] += dot(own_q[c], HANDED(loaded, 0, j)); }
        }
        float new_maximum = maximum;
        [[unroll]] for (uint j = 0; j < LANES; j++) {
            score[j] = sees(block, lane, tile + j) ? score[j] * scale : LOWEST;
            new_maximum = max(new_maximum, score[j]);
        }
        float shrink = exp(maximum - new_maximum);
        maximum = new_maximum;
        total *= shrink;
        [[unroll]] for (uint j = 0; j < LANES; j += 4) {
            // Dropout acts on the normalised probabilities, so the sum is of the undropped ones.
            uint dropped_bits = HAS_DROPOUT ? dropped_keys(query, head, (tile + j) / 4) : 0;
            // From 0: a loop from the outer one's variable on is unrolled after lavapipe has given up on score as registers.
            [[unroll]] for (uint i = 0; i < 4; i++) {
                float p = sees(block, lane, tile + j + i) ? exp(score[j + i] - maximum) : 0.0;
                total += p;
                score[j + i] = HAS_DROPOUT ? p * factor_of(dropped_bits, i) : p;
            }
        }
        [[unroll]] for (uint c = 0; c < QUADS; c++) {
            begin_hands();
            HAND(loaded, 0) = load_v(key_row, key_head, c);
            end_hands();
            result[c] *= shrink;
            [[unroll]] for (uint j = 0; j < LANES; j++) { result[c] += score[j] * HANDED(loaded, 0, j); }
        }
    }

    if (lane < block.y) {
        float inverse = total > 0.0 ? 1.0 / total : 0.0;
        [[unroll]] for (uint c = 0; c < QUADS; c++) { store_y(query, head, c, result[c] * inverse); }
        log_sum_exp[query * heads + head] = total > 0.0 ? maximum + log(total) : 0.0;
    }
}
