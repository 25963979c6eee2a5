using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>Attention over queries and keys that are not rotated yet, and over values; it releases all three.</summary>
/// <typeparam name="TOp">What it needs besides.</typeparam>
/// <param name="tape">Records it.</param>
/// <param name="op">What it needs besides.</param>
/// <param name="block">The block's number.</param>
/// <param name="query">[T, heads * width].</param>
/// <param name="key">[T, key and value heads * width].</param>
/// <param name="value">[T, key and value heads * width].</param>
/// <returns>[T, heads * width].</returns>
internal delegate Variable Attend<TOp>(Tape tape, TOp op, int block, Variable query, Variable key, Variable value);

/// <summary>One decoder block: attention and MLP, each behind an RMSNorm and with a residual around. Touvron et al.,
/// arXiv:2307.09288.</summary>
internal sealed class LlamaBlock : Block
{
    private readonly LlamaConfig config;
    private readonly Parameter attentionGain;
    private readonly Parameter mlpGain;

    public LlamaBlock(LlamaConfig config, ParameterSet parameters, int index)
        : base(index)
    {
        this.config = config;
        int hidden = config.HiddenSize, inner = config.IntermediateSize;
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        string name = LlamaNames.Block(index);
        attentionGain = parameters.Vector($"{name}.input_layernorm.weight", hidden);
        this[LayerKind.Query] = Attention("q_proj", queries, hidden);
        this[LayerKind.Key] = Attention("k_proj", keys, hidden);
        this[LayerKind.Value] = Attention("v_proj", keys, hidden);
        this[LayerKind.AttentionOutput] = Attention("o_proj", hidden, queries);
        mlpGain = parameters.Vector($"{name}.post_attention_layernorm.weight", hidden);
        this[LayerKind.Gate] = Mlp("gate_proj", inner, hidden);
        this[LayerKind.Intermediate] = Mlp("up_proj", inner, hidden);
        this[LayerKind.Output] = Mlp("down_proj", hidden, inner);

        Linear Attention(string layer, int outputs, int inputs) =>
            parameters.Linear($"{name}.self_attn.{layer}", outputs, inputs, hasBias: config.HasAttentionBias);

        Linear Mlp(string layer, int outputs, int inputs) =>
            parameters.Linear($"{name}.mlp.{layer}", outputs, inputs, hasBias: config.HasMlpBias);
    }

    /// <summary>The block on all rows; behind attention only on those that are read, where given.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="hidden">[T, D], released.</param>
    /// <param name="op">What the attention needs.</param>
    /// <param name="attend">The attention.</param>
    /// <param name="readRows">The rows that are read, or null for all.</param>
    /// <returns>[T, D], or a row for each that is read.</returns>
    public Variable Forward<TOp>(Tape tape, Variable hidden, TOp op, Attend<TOp> attend, TokenIds? readRows)
    {
        Variable normalized = tape.RmsNorm(hidden, attentionGain, config.RmsNormEpsilon);
        Variable query = this[LayerKind.Query].Forward(tape, normalized);
        Variable key = this[LayerKind.Key].Forward(tape, normalized);
        Variable value = this[LayerKind.Value].Forward(tape, normalized);
        tape.Release(normalized);
        Variable attended = Chosen(tape, attend(tape, op, Index, query, key, value), readRows);
        Variable projected = this[LayerKind.AttentionOutput].Forward(tape, attended);
        tape.Release(attended);
        Variable middle = Sum(tape, Chosen(tape, hidden, readRows), projected);

        normalized = tape.RmsNorm(middle, mlpGain, config.RmsNormEpsilon);
        Variable gate = this[LayerKind.Gate].Forward(tape, normalized);
        Variable up = this[LayerKind.Intermediate].Forward(tape, normalized);
        tape.Release(normalized);
        Variable gated = tape.SwiGlu(gate, up);
        tape.Release(gate);
        tape.Release(up);
        Variable down = this[LayerKind.Output].Forward(tape, gated);
        tape.Release(gated);
        return Sum(tape, middle, down);
    }

    public override void Dispose()
    {
        base.Dispose();
        attentionGain.Dispose();
        mlpGain.Dispose();
    }

    private static Variable Sum(Tape tape, Variable x, Variable y)
    {
        Variable sum = tape.Add(x, y);
        tape.Release(x);
        tape.Release(y);
        return sum;
    }

    private static Variable Chosen(Tape tape, Variable x, TokenIds? rows)
    {
        if (rows is null)
        {
            return x;
        }

        Variable chosen = tape.SelectRows(x, rows);
        tape.Release(x);
        return chosen;
    }
}
