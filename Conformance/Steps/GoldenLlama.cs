using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Conformance.Steps;

/// <summary>A golden language model on kernels that stay the caller's, everything trainable.</summary>
internal sealed class GoldenLlama : IDisposable
{
    public GoldenLlama(string folder, IKernels kernels, LlamaOptions? options = null)
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder);
        Model = new LlamaLanguageModel(kernels, checkpoint.Config, checkpoint, options);
        foreach (Parameter parameter in Model.Parameters)
        {
            parameter.IsTrainable = true;
        }
    }

    public LlamaLanguageModel Model { get; }

    /// <summary>The texts of a batch of a golden file, every token of which is predicted.</summary>
    /// <param name="golden">The file.</param>
    /// <param name="prefix">Such as <c>step1/</c>.</param>
    public static TextBlock Batch(GoldenFile golden, string prefix)
    {
        int[] ids = [.. golden.Integers(prefix + "input_ids").Select(id => (int)id)];
        var texts = new List<LearnedText>();
        int first = 0;
        foreach (long length in golden.Integers(prefix + "lengths"))
        {
            texts.Add(LearnedText.Whole(ids[first..(first + (int)length)]));
            first += (int)length;
        }

        return new TextBlock(texts);
    }

    public double ForwardAndBackward(TextBlock block)
    {
        var objective = new LanguageObjective(Model, [block]);
        using var scope = DisposeScope.Open();
        using Tape tape = Tape.ForTraining(Model.Kernels, 0, 0);
        double loss = Model.Kernels.ToArray(objective.Loss(tape, [0], objective.Items(0), scope))[0];
        tape.Backward();
        return loss;
    }

    public void Dispose() => Model.Dispose();
}
