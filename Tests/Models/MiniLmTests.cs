using System.Text.Json;
using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Tests.Models;

/// <summary>A real pre-trained model against ONNX Runtime's last hidden states.</summary>
[TestClass]
public sealed class MiniLmTests
{
    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void Hidden_states(bool onDevice, bool allInOneBatch)
    {
        using var golden = new GoldenFile("minilm-hidden-states");
        IKernels kernels = onDevice ? TestDevice.Kernels : new ReferenceKernels();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(RealModel.Folder, 2);
        using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint);
        TokenizedExample[] rows = Rows(golden.Folder);

        // The reference is slow, so it looks at the short rows alone.
        rows = onDevice ? rows : rows[..5];
        float[][] states = allInOneBatch
            ? [States(model, rows)]
            : [.. rows.Select(row => States(model, [row]))];

        float[] actual = [.. states.SelectMany(values => values)];
        double[] expected = [.. rows.SelectMany((_, i) => golden.Doubles($"row{i}/last_hidden_state"))];
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(actual[i] - expected[i]));
        }

        Assert.HasCount(expected.Length, actual);
        Assert.IsLessThan(2e-5, worst);
        if (!onDevice)
        {
            kernels.Dispose();
        }
    }

    private static float[] States(BertClassifier model, TokenizedExample[] rows)
    {
        using PackedBatch batch = PackedBatch.Create(model.Kernels, model.Config, rows);
        using Tape tape = Tape.ForEvaluation(model.Kernels);
        return model.Kernels.ToArray(model.HiddenStates(tape, batch).Value);
    }

    private static TokenizedExample[] Rows(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "rows.json")));
        JsonElement ids = json.RootElement.GetProperty("input_ids");
        JsonElement types = json.RootElement.GetProperty("token_type_ids");
        return [.. ids.EnumerateArray().Zip(types.EnumerateArray(), (a, b) => new TokenizedExample(Integers(a), Integers(b), null))];
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
