using System.CommandLine;
using System.Globalization;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>The options of <c>vksparsegrad inspect-gradients</c>.</summary>
internal sealed class InspectArguments
{
    private const int DefaultSteps = 10;

    private static readonly TrainingOptions Defaults = new();
    private static readonly double[] DefaultTop = [0.001, 0.01, 0.05];

    private readonly Option<string> model = SharedOptions.PretrainedModel(required: true);

    private readonly Option<string> task = TaskOption.Create();

    private readonly Option<string> data = Options.Text(
        "--data", "Folder of the task's train.tsv, as the GLUE benchmark ships them.", "folder", required: true);

    private readonly Option<string> output = Options.Text(
        "--output", "Folder for the result: gradients.json and PNG files. Must not exist yet, or be empty.", "folder", required: true);

    private readonly Option<bool> overwrite = Options.Switch(
        "--overwrite", "Replace the output folder as a whole if it holds an earlier result.");

    private readonly Option<int?> layer = Options.Number<int>(
        "--layer", "Block whose weight is drawn, from 0. The numbers are of all blocks. [default: the one in the middle]",
        "a whole number from 0 on", value => value >= 0);

    private readonly Option<string> kind = Options.Choice(
        "--kind", "Which of its MLP weights is drawn.", [.. LayerNames.Kinds], LayerNames.Kinds[0]);

    private readonly Option<int?> preliminarySteps = Options.Number<int>(
        "--preliminary-steps", "Batches from which the bases are found.", "a whole number from 1 to 1000000",
        value => value is >= 1 and <= 1_000_000, Defaults.PreliminarySteps);

    private readonly Option<int?> steps = Options.Number<int>(
        "--steps", "Further batches, whose gradients are looked at.", "a whole number from 1 to 1000000",
        value => value is >= 1 and <= 1_000_000, DefaultSteps);

    private readonly Option<int?> batchSize = SharedOptions.BatchSize("Sentences or pairs a batch", Defaults.BatchSize);

    private readonly Option<int?> maxLength = SharedOptions.MaxLength();

    private readonly Option<int?> maxTrainRows = Options.Number<int>(
        "--max-train-rows", "Take the batches from the first n rows of the file only. [default: all]", "a whole number from 1 on", value => value >= 1);

    private readonly Option<ulong?> seed = Options.Number<ulong>(
        "--seed", "For order, dropout and a new head.", "a whole number from 0 to 18446744073709551615", _ => true, Defaults.Seed);

    private readonly Option<double[]> top = new("--top")
    {
        Description = "Fractions of the entries, largest first, whose share of the gradient's energy is told.",
        HelpName = "x,x,...",
        Arity = ArgumentArity.ExactlyOne,
        DefaultValueFactory = _ => DefaultTop,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (ParseFractions(text) is double[] fractions)
                return fractions;
            result.AddError($"--top is '{text}'; it must be numbers above 0 and at most 1, separated by commas, such as 0.001,0.01.");
            return null;
        },
    };

    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<bool> resetHead = SharedOptions.ResetHead();

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)
            [model, task, data, output, overwrite, layer, kind, preliminarySteps, steps, batchSize, maxLength, maxTrainRows, seed, top,
                device, resetHead])
        {
            command.Options.Add(option);
        }
    }

    public InspectSettings Read(ParseResult result) => new()
    {
        Layer = result.GetValue(layer),
        Kind = LayerNames.Kinds.Index().Single(kinds => kinds.Item == result.GetRequiredValue(kind)).Index,
        Steps = result.GetRequiredValue(steps)!.Value,
        Top = [.. result.GetRequiredValue(top).Distinct().Order()],
        Run = new TrainSettings
        {
            Model = result.GetRequiredValue(model),
            Task = TaskOption.Read(result, task),
            Data = result.GetRequiredValue(data),
            Output = result.GetRequiredValue(output),
            Overwrite = result.GetValue(overwrite),
            Device = result.GetValue(device),
            MaxLength = result.GetValue(maxLength),
            MaxTrainRows = result.GetValue(maxTrainRows),
            ResetHead = result.GetValue(resetHead),
            Training = new TrainingOptions
            {
                BatchSize = result.GetRequiredValue(batchSize)!.Value,
                PreliminarySteps = result.GetRequiredValue(preliminarySteps)!.Value,
                Seed = result.GetRequiredValue(seed)!.Value,
            },
        },
    };

    private static double[]? ParseFractions(string text)
    {
        var fractions = new List<double>();
        foreach (string part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double fraction) || fraction is not (> 0 and <= 1))
                return null;
            fractions.Add(fraction);
        }

        return [.. fractions];
    }
}
