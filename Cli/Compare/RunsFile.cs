using System.CommandLine;
using System.Text.Json;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Compare;

/// <summary>A comparison as a JSON file.</summary>
internal sealed class RunsFile
{
    private static readonly string[] Keys = ["model", "data", "output", "tasks", "methods", "seeds", "settings", "fractions", "selections", "preliminary"];

    // What is the same for all cells, since they share a device.
    private static readonly string[] SharedOnly = ["--device", "--no-tuning", "--validation"];

    private static readonly JsonDocumentOptions Json =
        new() { AllowDuplicateProperties = false, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private readonly string path;
    private readonly Dictionary<string, Option> options = CellSettings.Options().ToDictionary(option => Key(option.Name));

    private RunsFile(string path) => this.path = path;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is not such a file; the message says where and what to do.</exception>
    public static ComparisonRequest Read(string path) => new RunsFile(path).Read();

    private ComparisonRequest Read()
    {
        string text = File.ReadAllText(path);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Json);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path} is not JSON: {ExpectedFailure.OneLine(fault.Message)}", fault);
        }

        using (document)
        {
            JsonElement root = document.RootElement;
            Require(root, JsonValueKind.Object, "the file", "an object");
            RefuseUnknown(root, Keys, "the file");
            return new ComparisonRequest
            {
                Model = Word(root, "model"),
                Data = Word(root, "data"),
                Output = Word(root, "output"),
                Tasks = [.. Items(root, "tasks", required: true).Select(Task)],
                Methods = [.. Items(root, "methods", required: true).Select(Method)],
                Seeds = [.. Items(root, "seeds", required: true).Select(Seed)],
                Settings = root.TryGetProperty("settings", out JsonElement settings)
                    ? Settings(Require(settings, JsonValueKind.Object, "'settings'", "an object"), [], "'settings'", shared: true)
                    : new Dictionary<string, string>(),
                Fractions = [.. Items(root, "fractions", required: false).Select(item => Scalar(item, "'fractions'"))],
                Selections = [.. Items(root, "selections", required: false).Select(item => Scalar(item, "'selections'"))],
                PreliminarySteps = [.. Items(root, "preliminary", required: false).Select(item => Scalar(item, "'preliminary'"))],
                Source = text.TrimEnd(),
            };
        }
    }

    private static string Key(string option) => option[2..].Replace('-', '_');

    private TaskRequest Task(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.String)
            return new TaskRequest(FindTask(item.GetString()!), null, new Dictionary<string, string>());
        Require(item, JsonValueKind.Object, "a task", "a name or an object");
        GlueTask task = FindTask(Word(item, "name"));
        return new TaskRequest(
            task, item.TryGetProperty("folder", out _) ? Word(item, "folder") : null,
            Settings(item, ["name", "folder"], $"task '{task.Name}'", shared: false));
    }

    private GlueTask FindTask(string name)
    {
        if (GlueTasks.TryFind(name, out GlueTask? task))
            return task;
        string[] names = [.. GlueTasks.All.Select(TrainArguments.Name)];
        throw Fault($"task '{name}' is not one of {string.Join(", ", names)}{NearestName.Suggestion(name, names)}");
    }

    private MethodRequest Method(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.String)
            return new MethodRequest(item.GetString()!, FindMethod(item.GetString()!), new Dictionary<string, string>());
        Require(item, JsonValueKind.Object, "a method", "a name or an object");
        string name = Word(item, "name");
        string method = FindMethod(item.TryGetProperty("method", out _) ? Word(item, "method") : name);
        return new MethodRequest(name, method, Settings(item, ["name", "method"], $"method '{name}'", shared: false));
    }

    private string FindMethod(string name) => MethodArguments.Methods.Contains(name)
        ? name
        : throw Fault($"method '{name}' is not one of {string.Join(", ", MethodArguments.Methods)}{NearestName.Suggestion(name, MethodArguments.Methods)}");

    private ulong Seed(JsonElement item) => item.ValueKind == JsonValueKind.Number && item.TryGetUInt64(out ulong seed)
        ? seed
        : throw Fault($"seed {item.GetRawText()} is not a whole number from 0 to 18446744073709551615.");

    /// <summary>The training settings of an object, under the names of options.</summary>
    private Dictionary<string, string> Settings(JsonElement item, string[] own, string where, bool shared)
    {
        Dictionary<string, Option> allowed = options.Where(option => shared || !SharedOnly.Contains(option.Value.Name)).ToDictionary();
        RefuseUnknown(item, [.. own, .. allowed.Keys], where);
        var settings = new Dictionary<string, string>();
        foreach (JsonProperty property in item.EnumerateObject().Where(property => !own.Contains(property.Name)))
        {
            Option option = allowed[property.Name];
            bool isBoolean = property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False;
            if (isBoolean != CellSettings.IsSwitch(option))
                throw Fault($"{where}: '{property.Name}' must be {(isBoolean ? "a value" : "true or false")}, not {property.Value.GetRawText()}.");
            settings[option.Name] = Scalar(property.Value, $"{where}: '{property.Name}'");
        }

        return settings;
    }

    private JsonElement[] Items(JsonElement root, string name, bool required)
    {
        if (!root.TryGetProperty(name, out JsonElement list))
            return required ? throw Fault($"'{name}' is missing.") : [];
        Require(list, JsonValueKind.Array, $"'{name}'", "a list");
        return list.GetArrayLength() > 0 ? [.. list.EnumerateArray()] : throw Fault($"'{name}' is empty.");
    }

    private string Word(JsonElement item, string name)
    {
        if (!item.TryGetProperty(name, out JsonElement value))
            throw Fault($"'{name}' is missing.");
        string? word = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return string.IsNullOrWhiteSpace(word) ? throw Fault($"'{name}' must be a text, not {value.GetRawText()}.") : word;
    }

    private string Scalar(JsonElement value, string where) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => CellSettings.On,
        JsonValueKind.False => CellSettings.Off,
        _ => throw Fault($"{where} must be a text or a number, not {ExpectedFailure.OneLine(value.GetRawText())}."),
    };

    private void RefuseUnknown(JsonElement item, IReadOnlyList<string> known, string where)
    {
        foreach (JsonProperty property in item.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                throw Fault($"{where}: unknown key '{property.Name}'{NearestName.Suggestion(property.Name, known)}");
        }
    }

    private JsonElement Require(JsonElement item, JsonValueKind kind, string what, string form) =>
        item.ValueKind == kind ? item : throw Fault($"{what} must be {form}, not {ExpectedFailure.OneLine(item.GetRawText())}.");

    private InvalidDataException Fault(string message) => new($"{path}: {message}");
}
