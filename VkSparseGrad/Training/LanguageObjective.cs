using VkSparseGrad.Autograd;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>The cross-entropy of a language model, the mean over the tokens that are predicted.</summary>
internal sealed class LanguageObjective : IObjective
{
    private readonly LlamaLanguageModel model;
    private readonly IReadOnlyList<TextBlock> blocks;
    private readonly (int Predicted, int Tokens)[] counts;
    private readonly List<TextBlock> chosen = [];

    /// <exception cref="ArgumentException">A block predicts nothing, or does not fit the model.</exception>
    public LanguageObjective(LlamaLanguageModel model, IReadOnlyList<TextBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(blocks);
        for (int i = 0; i < blocks.Count; i++)
        {
            Check(model.Config, blocks[i], i);
        }

        this.model = model;
        this.blocks = blocks;
        counts = [.. blocks.Select(block => (block.Predicted, block.Tokens))];
    }

    public TrainableModel Model => model;

    public int Examples => blocks.Count;

    public int Items(int example) => counts[example].Predicted;

    public int Tokens(int example) => counts[example].Tokens;

    public Tensor Loss(Tape tape, ReadOnlySpan<int> examples, int items, DisposeScope scope)
    {
        chosen.Clear();
        foreach (int example in examples)
        {
            chosen.Add(blocks[example]);
        }

        return model.Loss(tape, chosen, items, scope);
    }

    private static void Check(LlamaConfig config, TextBlock block, int number)
    {
        if (block.Predicted == 0)
        {
            throw new ArgumentException($"Block {number} has no token that is predicted.");
        }

        foreach (LearnedText text in block.Texts)
        {
            LlamaBatch.CheckIds(config, text.Ids, config.MaxPositions);
            if (text.IsLearned.Length != text.Ids.Length)
            {
                throw new ArgumentException(
                    $"A text of block {number} has {text.Ids.Length} tokens but {text.IsLearned.Length} marks of what is predicted.");
            }
        }
    }
}
