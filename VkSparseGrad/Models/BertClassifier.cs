using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>BERT or RoBERTa with a sequence classification head. Devlin et al., arXiv:1810.04805; Liu et al., arXiv:1907.11692.</summary>
/// <remarks>Sequences are packed without padding, and in the last block only the first token of each sequence is computed after
/// attention, since the head sees no other.</remarks>
public sealed class BertClassifier : Classifier
{
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly Parameter words;
    private readonly Parameter positions;
    private readonly Parameter tokenTypes;
    private readonly Parameter embeddingGain;
    private readonly Parameter embeddingBias;
    private readonly BertBlock[] blocks;
    private readonly Linear pooler;
    private readonly Linear classifier;

    /// <summary>Those that are not in use.</summary>
    private readonly Stack<PackedBatch> batches = new();

    /// <summary>Loads a model.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="weights">Its weights under canonical names. The head is made anew where it is absent.</param>
    /// <param name="seed">For what is made anew.</param>
    /// <exception cref="ArgumentException">A weight of the trunk is absent, or a shape differs.</exception>
    public BertClassifier(IKernels kernels, BertConfig config, IWeightSource weights, ulong seed = 0)
        : base(kernels)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        Config = config;
        using var loaded = new ParameterSet(kernels, weights, seed);
        parameters = loaded.All;
        int hidden = config.HiddenSize;
        BertNames names = BertNames.Of(config.Family);
        words = loaded.Matrix($"{names.Prefix}embeddings.word_embeddings.weight", config.VocabularySize, hidden);
        positions = loaded.Matrix($"{names.Prefix}embeddings.position_embeddings.weight", config.MaxPositions, hidden);
        tokenTypes = loaded.Matrix($"{names.Prefix}embeddings.token_type_embeddings.weight", config.TokenTypes, hidden);
        embeddingGain = loaded.Vector($"{names.Prefix}embeddings.LayerNorm.weight", hidden);
        embeddingBias = loaded.Vector($"{names.Prefix}embeddings.LayerNorm.bias", hidden);
        blocks = [.. Enumerable.Range(0, config.Layers).Select(index => new BertBlock(config, loaded, index))];
        pooler = loaded.Linear(names.HeadDense, hidden, hidden, mayBeNew: true);
        classifier = loaded.Linear(names.Classifier, config.Labels, hidden, mayBeNew: true);
        loaded.Keep();
    }

    /// <summary>Its dimensions.</summary>
    public BertConfig Config { get; }

    /// <inheritdoc/>
    public override int Labels => Config.Labels;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerKind> MlpKinds { get; } = [LayerKind.Intermediate, LayerKind.Output];

    /// <summary>The head's layers: pooler (RoBERTa's has another name) and classifier.</summary>
    public override IReadOnlyList<Linear> Head => [pooler, classifier];

    private protected override IReadOnlyList<Parameter> LoadedParameters => parameters;

    private protected override IReadOnlyList<Block> AllBlocks => blocks;

    private protected override IReadOnlyList<Block> AdaptedBlocks => blocks;

    /// <summary>Computes the last hidden states of every token.</summary>
    /// <returns>[T, hidden], on the tape.</returns>
    public Variable HiddenStates(Tape tape, PackedBatch batch)
    {
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            hidden = tape.Stretch(
                hidden, (block, batch), static (tape, x, op) => op.block.Forward(tape, x, op.batch, firstTokensOnly: false));
        }

        return hidden;
    }

    /// <summary>Computes the logits of each sequence.</summary>
    /// <returns>[B, labels], on the tape.</returns>
    public Variable Logits(Tape tape, PackedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            bool isLast = block.Index == blocks.Length - 1;
            hidden = tape.Stretch(
                hidden, (block, batch, isLast), static (tape, x, op) => op.block.Forward(tape, x, op.batch, firstTokensOnly: op.isLast));
        }

        if (Config.Family == BertFamily.Roberta)
        {
            hidden = tape.ApplyDropout(hidden, tape.Dropout(Config.ClassifierDropout, DropoutStreams.Head));
        }

        Variable pooled = pooler.Forward(tape, hidden);
        tape.Release(hidden);
        Variable activated = tape.Tanh(pooled);
        tape.Release(pooled);
        Variable dropped = tape.ApplyDropout(activated, tape.Dropout(Config.ClassifierDropout, DropoutStreams.Classifier));
        Variable logits = classifier.Forward(tape, dropped);
        tape.Release(dropped);
        return logits;
    }

    internal override Variable Logits(Tape tape, IReadOnlyList<TokenizedExample> examples, DisposeScope scope)
    {
        PackedBatch batch = scope.Add(batches.TryPop(out PackedBatch? before) ? before : new PackedBatch(Kernels, Config, batches));
        batch.Pack(examples);
        return Logits(tape, batch);
    }

    private protected override void DisposeLayers()
    {
        foreach (Parameter parameter in (ReadOnlySpan<Parameter>)[words, positions, tokenTypes, embeddingGain, embeddingBias])
        {
            parameter.Dispose();
        }

        foreach (BertBlock block in blocks)
        {
            block.Dispose();
        }

        pooler.Dispose();
        classifier.Dispose();
    }

    private Variable Embed(Tape tape, PackedBatch batch)
    {
        Variable sum = tape.Embedding((words, batch.Words), (positions, batch.Positions), (tokenTypes, batch.TokenTypes));
        Variable normalized = tape.LayerNorm(
            sum, null, embeddingGain, embeddingBias, Config.LayerNormEpsilon, Dropout.None);
        tape.Release(sum);
        return tape.ApplyDropout(normalized, tape.Dropout(Config.HiddenDropout, DropoutStreams.Embeddings));
    }
}
