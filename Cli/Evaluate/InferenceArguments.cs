using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>The options that <c>vksparsegrad evaluate</c> and <c>vksparsegrad predict</c> share.</summary>
internal sealed class InferenceArguments
{
    private readonly Option<string> model = Options.Text(
        "--model", "Folder of a trained model, or of the base of an --adapter: config.json, model.safetensors, and vocab.txt or vocab.json with merges.txt.", "folder", required: true);

    private readonly Option<string> adapter = Options.Text(
        "--adapter", "Folder of an adapter that was trained from the model, such as the adapter/ of a result. The classifier is the adapter's.",
        "folder", required: false);

    private readonly Option<string> task = TaskOption.Create();

    private readonly Option<string> data = Options.Text(
        "--data", "Folder of the task's files, as the GLUE benchmark ships them.", "folder", required: true);

    private readonly Option<string> split;

    private readonly Option<string> file = Options.Text(
        "--file", "File in the data folder to read in place of the split's own; it has the split's columns, and may have others.", "name", required: false);

    private readonly Option<bool> strictData = SharedOptions.StrictData();

    private readonly Option<int?> batchSize = SharedOptions.BatchSize("Sentences or pairs at once", new TrainingOptions().BatchSize);

    private readonly Option<int?> maxLength = SharedOptions.MaxLength();

    private readonly Option<bool> literalSpecialTokens = SharedOptions.LiteralSpecialTokens();

    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<string> output;

    private readonly Option<bool> overwrite = Options.Switch("--overwrite", "Replace a file that is already there.");

    /// <param name="splits">The splits to choose from, the default first.</param>
    /// <param name="output">The option <c>--output</c>.</param>
    public InferenceArguments(string[] splits, Option<string> output)
    {
        split = Options.Choice("--split", "The part of the data.", splits, splits[0]);
        this.output = output;
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)
            [model, adapter, task, data, split, file, strictData, output, overwrite, device, batchSize, maxLength, literalSpecialTokens])
        {
            command.Options.Add(option);
        }
    }

    public InferenceSettings Read(ParseResult result) => new()
    {
        Model = result.GetRequiredValue(model),
        Adapter = result.GetValue(adapter),
        Task = TaskOption.Read(result, task),
        Data = result.GetRequiredValue(data),
        Split = Enum.Parse<GlueSplit>(result.GetRequiredValue(split), ignoreCase: true),
        File = result.GetValue(file),
        StrictData = result.GetValue(strictData),
        MaxLength = result.GetValue(maxLength),
        LiteralSpecialTokens = result.GetValue(literalSpecialTokens),
        BatchSize = result.GetRequiredValue(batchSize)!.Value,
        Device = result.GetValue(device),
        Output = result.GetValue(output),
        Overwrite = result.GetValue(overwrite),
    };
}
