using System.Runtime.InteropServices;
using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>A decoder of LLaMA's architecture that predicts each next token. Touvron et al., arXiv:2307.09288.</summary>
/// <remarks>Sequences are packed without padding. The output layer sees only the rows from which a token is predicted, some at a
/// time, so that the logits of all of them never exist at once.</remarks>
public sealed class LlamaLanguageModel : TrainableModel
{
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly LlamaTrunk trunk;
    private readonly Parameter output;

    /// <summary>The texts of a loss, the rows from which a token is predicted, and these tokens.</summary>
    private readonly List<int[]> sequences = [];
    private readonly List<uint> readRows = [];
    private readonly List<uint> labels = [];

    /// <summary>Loads a model.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="weights">Its weights under canonical names.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A weight is absent, a shape differs, or an option does not fit the model.</exception>
    public LlamaLanguageModel(IKernels kernels, LlamaConfig config, IWeightSource weights, LlamaOptions? options = null)
        : base(kernels)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        Config = config;
        options ??= new LlamaOptions();
        options.Check(config);
        using var loaded = new ParameterSet(kernels, weights, seed: 0, options.StaysHalf(config));
        parameters = loaded.All;
        trunk = new LlamaTrunk(kernels, config, options, loaded);
        output = config.TiesEmbeddings ? trunk.Words : loaded.Matrix(LlamaNames.Output, config.VocabularySize, config.HiddenSize);
        loaded.Keep();
    }

    /// <summary>Its dimensions.</summary>
    public LlamaConfig Config { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<LayerKind> MlpKinds => trunk.MlpKinds;

    /// <summary>None: a language model has no head of a task's.</summary>
    public override IReadOnlyList<Linear> Head => [];

    internal LlamaTrunk Trunk => trunk;

    private protected override IReadOnlyList<Parameter> LoadedParameters => parameters;

    private protected override IReadOnlyList<Block> AllBlocks => trunk.AllBlocks;

    private protected override IReadOnlyList<Block> AdaptedBlocks => trunk.AdaptedBlocks;

    /// <summary>Computes the logits of the token behind each row that is read. For few rows: all of them exist at once.</summary>
    /// <returns>[read rows, vocabulary], on the tape.</returns>
    public Variable Logits(Tape tape, LlamaBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        return Logits(tape, trunk.Forward(tape, batch));
    }

    /// <summary>The logits from last hidden states, which are released.</summary>
    internal Variable Logits(Tape tape, Variable hidden)
    {
        Variable logits = tape.Linear(hidden, output, null);
        tape.Release(hidden);
        return logits;
    }

    /// <summary>Records the share of some blocks in the mean loss over a step's predicted tokens.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="blocks">At least one, each with a predicted token.</param>
    /// <param name="items">Predicted tokens of the whole step.</param>
    /// <param name="scope">Gets what must outlive the tape's work.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    /// <exception cref="ArgumentException">An id or a length is out of the model's range.</exception>
    internal Tensor Loss(Tape tape, IReadOnlyList<TextBlock> blocks, int items, DisposeScope scope)
    {
        sequences.Clear();
        readRows.Clear();
        labels.Clear();
        int row = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            IReadOnlyList<LearnedText> texts = blocks[i].Texts;
            for (int j = 0; j < texts.Count; j++)
            {
                Gather(texts[j], row);
                row += texts[j].Ids.Length;
            }
        }

        LlamaBatch batch = scope.Add(trunk.NextBatch());
        batch.Pack(sequences, CollectionsMarshal.AsSpan(readRows));
        return tape.OutputCrossEntropy(trunk.Forward(tape, batch), output, CollectionsMarshal.AsSpan(labels), items);
    }

    /// <summary>Adds a text, whose first row in the batch is given, to those of a loss.</summary>
    private void Gather(LearnedText text, int row)
    {
        sequences.Add(text.Ids);
        for (int t = 0; t + 1 < text.Ids.Length; t++)
        {
            if (text.IsLearned[t + 1])
            {
                readRows.Add((uint)(row + t));
                labels.Add((uint)text.Ids[t + 1]);
            }
        }
    }

    private protected override void DisposeLayers()
    {
        trunk.Dispose();
        output.Dispose();
    }
}
