using VkSparseGrad.Autograd;
using VkSparseGrad.Layers;

namespace VkSparseGrad.Models;

/// <summary>One encoder block: attention and MLP, each with a residual and a LayerNorm behind it. Devlin et al.,
/// arXiv:1810.04805.</summary>
internal sealed class BertBlock : Block
{
    private readonly BertConfig config;
    private readonly Parameter attentionGain;
    private readonly Parameter attentionBias;
    private readonly Parameter outputGain;
    private readonly Parameter outputBias;
    private readonly uint firstStream;

    public BertBlock(BertConfig config, ParameterSet parameters, int index)
        : base(index)
    {
        this.config = config;
        int hidden = config.HiddenSize;
        string name = BertNames.Of(config.Family).Block(index);
        this[LayerKind.Query] = parameters.Linear($"{name}.attention.self.query", hidden, hidden);
        this[LayerKind.Key] = parameters.Linear($"{name}.attention.self.key", hidden, hidden);
        this[LayerKind.Value] = parameters.Linear($"{name}.attention.self.value", hidden, hidden);
        this[LayerKind.AttentionOutput] = parameters.Linear($"{name}.attention.output.dense", hidden, hidden);
        attentionGain = parameters.Vector($"{name}.attention.output.LayerNorm.weight", hidden);
        attentionBias = parameters.Vector($"{name}.attention.output.LayerNorm.bias", hidden);
        this[LayerKind.Intermediate] = parameters.Linear($"{name}.intermediate.dense", config.IntermediateSize, hidden);
        this[LayerKind.Output] = parameters.Linear($"{name}.output.dense", hidden, config.IntermediateSize);
        outputGain = parameters.Vector($"{name}.output.LayerNorm.weight", hidden);
        outputBias = parameters.Vector($"{name}.output.LayerNorm.bias", hidden);
        firstStream = DropoutStreams.OfBlock(index);
    }

    /// <summary>The block on all rows, or on the first token of each sequence only, which is all a classifier sees of the last
    /// block.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="hidden">[T, D], released.</param>
    /// <param name="batch">The sequences.</param>
    /// <param name="firstTokensOnly">Whether the result has one row a sequence.</param>
    /// <returns>[T, D] or [B, D].</returns>
    public Variable Forward(Tape tape, Variable hidden, PackedBatch batch, bool firstTokensOnly)
    {
        Variable residual = firstTokensOnly ? tape.SelectRows(hidden, batch.FirstTokens) : hidden;
        Variable attended = Attend(tape, residual, hidden, firstTokensOnly ? batch.FirstTokenAttention : batch.Attention);
        if (firstTokensOnly)
        {
            tape.Release(hidden);
        }

        Variable middle = tape.LayerNorm(
            attended, residual, attentionGain, attentionBias, config.LayerNormEpsilon,
            tape.Dropout(config.HiddenDropout, firstStream + 1));
        tape.Release(attended);
        tape.Release(residual);

        Variable activated = this[LayerKind.Intermediate].Forward(tape, middle, Activation.Gelu);
        Variable projected = this[LayerKind.Output].Forward(tape, activated);
        tape.Release(activated);
        Variable result = tape.LayerNorm(
            projected, middle, outputGain, outputBias, config.LayerNormEpsilon,
            tape.Dropout(config.HiddenDropout, firstStream + 2));
        tape.Release(projected);
        tape.Release(middle);
        return result;
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Parameter parameter in (ReadOnlySpan<Parameter>)[attentionGain, attentionBias, outputGain, outputBias])
        {
            parameter.Dispose();
        }
    }

    private Variable Attend(Tape tape, Variable queries, Variable hidden, Kernels.AttentionPlan plan)
    {
        Variable q = this[LayerKind.Query].Forward(tape, queries);
        Variable k = this[LayerKind.Key].Forward(tape, hidden);
        Variable v = this[LayerKind.Value].Forward(tape, hidden);
        Variable context = tape.Attention(
            q, k, v, plan, config.Heads, config.Heads, tape.Dropout(config.AttentionDropout, firstStream));
        tape.Release(q);
        tape.Release(k);
        tape.Release(v);
        Variable result = this[LayerKind.AttentionOutput].Forward(tape, context);
        tape.Release(context);
        return result;
    }
}
