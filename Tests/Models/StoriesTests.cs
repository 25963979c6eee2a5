using System.Globalization;
using System.Text.Json;
using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Generation;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Models;

/// <summary>A real pre-trained LLaMA, stories260K, against values that numpy and PyTorch computed in float64.</summary>
[TestClass]
public sealed class StoriesTests
{
    private static string Folder => SharedFolder.Require("models", "stories260K");

    /// <summary>The table of words is the output layer too, so that its gradient has a share of both.</summary>
    [TestMethod]
    [DataRow("golden.safetensors", false)]
    [DataRow("golden.safetensors", true)]
    [DataRow("golden_batch3.safetensors", false)]
    [DataRow("golden_batch3.safetensors", true)]
    public void Loss_and_every_gradient(string file, bool onDevice)
    {
        using var subject = new GoldenLlama(Folder, TestDevice.Choose(onDevice));
        using SafetensorsFile golden = SafetensorsFile.Open(SharedFolder.Require("golden", "stories260k-gradients", file));
        int[] ids = Integers(golden, "input_ids");
        int[] lengths = golden.TryGet("lengths", out _) ? Integers(golden, "lengths") : [ids.Length];
        Assert.HasCount(file == "golden.safetensors" ? 1 : 3, lengths);

        double loss = subject.ForwardAndBackward(new TextBlock([.. lengths.Select(length => LearnedText.Whole(ids[..length]))]));

        Assert.AreEqual(double.Parse(golden.Metadata["loss"], CultureInfo.InvariantCulture), loss, 1e-5);
        CollectionAssert.AreEquivalent(
            golden.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith("grad/", StringComparison.Ordinal)).ToArray(),
            subject.Model.Parameters.Select(parameter => "grad/" + parameter.Name).ToArray());
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            var expected = new double[parameter.Value.Length];
            golden.ReadDoubles("grad/" + parameter.Name, expected);
            double error = Closeness.RelativeError(subject.Model.Kernels.ToArray(parameter.Gradient!), expected);
            Assert.IsLessThan(1e-4, error, parameter.Name);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Logits_and_loss_in_evaluation(bool onDevice)
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice), folder: Folder);
        using JsonDocument golden = Golden();
        foreach (JsonElement text in (JsonElement[])[golden.RootElement, golden.RootElement.GetProperty("second")])
        {
            int[] ids = Ids(text, "input_ids");

            Assert.IsLessThan(1e-5, Closeness.RelativeError(LastLogits(model, ids), Doubles(text, "last_logits")));
            double loss = LanguageEvaluation.Loss(model, [new TextBlock([LearnedText.Whole(ids)])]);
            Assert.AreEqual(text.GetProperty("mean_next_token_cross_entropy").GetDouble(), loss, 1e-5);
        }
    }

    /// <summary>The mean is over the tokens of all blocks, however these are put into batches.</summary>
    [TestMethod]
    public void The_loss_of_several_blocks_is_the_mean_over_their_tokens()
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, folder: Folder);
        using JsonDocument golden = Golden();
        JsonElement second = golden.RootElement.GetProperty("second");
        TextBlock[] blocks = [.. ((JsonElement[])[golden.RootElement, second, golden.RootElement])
            .Select(text => new TextBlock([LearnedText.Whole(Ids(text, "input_ids"))]))];
        double first = golden.RootElement.GetProperty("mean_next_token_cross_entropy").GetDouble();
        double expected = (2 * 15 * first + 89 * second.GetProperty("mean_next_token_cross_entropy").GetDouble()) / (2 * 15 + 89);

        foreach (int batchSize in (int[])[1, 2, 8])
            Assert.AreEqual(expected, LanguageEvaluation.Loss(model, blocks, batchSize), 1e-5, $"{batchSize} at once");
    }

    /// <summary>Token for token what llama2.c prints. The smallest distance of the two likeliest is 0.0042.</summary>
    [TestMethod]
    [DataRow(false, 32)]
    [DataRow(true, 256)]
    public void The_greedy_text_from_the_begin_token(bool onDevice, int tokens)
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice), new LlamaOptions { KeepsHalves = true }, Folder);
        using JsonDocument golden = Golden();
        int[] expected = Ids(golden.RootElement, "greedy_ids_from_bos");
        using var generator = new LlamaGenerator(model, tokens);
        var sampler = new Sampler(new SamplingOptions { IsGreedy = true });
        List<int> ids = [expected[0]];

        while (ids.Count <= tokens)
            ids.Add(sampler.Next(generator.Append([ids[^1]])));

        CollectionAssert.AreEqual(expected[..(tokens + 1)], ids);
        Assert.AreEqual(tokens, generator.Length);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_text_appended_at_once_or_in_pieces_gives_the_same_logits(bool onDevice)
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice), folder: Folder);
        using JsonDocument golden = Golden();
        int[] ids = Ids(golden.RootElement.GetProperty("second"), "input_ids")[..40];
        double[] expected = Array.ConvertAll(LastLogits(model, ids), value => (double)value);

        foreach (int[] lengths in (int[][])[[40], [1, 38, 1], [17, 23], [.. Enumerable.Repeat(1, 40)]])
        {
            using var generator = new LlamaGenerator(model, 41);
            float[] logits = [];
            int first = 0;
            foreach (int length in lengths)
            {
                logits = generator.Append(ids.AsSpan(first, length));
                first += length;
            }

            Assert.IsLessThan(1e-5, Closeness.RelativeError(logits, expected), string.Join(' ', lengths));
        }
    }

    private static float[] LastLogits(LlamaLanguageModel model, int[] ids)
    {
        using LlamaBatch batch = LlamaBatch.Create(model.Kernels, model.Config, [ids], [(uint)ids.Length - 1]);
        using Tape tape = Tape.ForEvaluation(model.Kernels);
        return model.Kernels.ToArray(model.Logits(tape, batch).Value);
    }

    private static JsonDocument Golden() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "golden.json")));

    private static int[] Ids(JsonElement text, string name) => [.. text.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static double[] Doubles(JsonElement text, string name) => [.. text.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static int[] Integers(SafetensorsFile file, string name)
    {
        var values = new long[file[name].ElementCount];
        file.ReadInt64(name, values);
        return Array.ConvertAll(values, value => (int)value);
    }
}
