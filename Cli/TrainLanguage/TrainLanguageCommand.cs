using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary><c>vksparsegrad train-lm</c>.</summary>
internal static class TrainLanguageCommand
{
    private const string Description = """
        Fine-tunes a language model of LLaMA's architecture on conversations or plain text and writes the trained model. Measures the
        validation loss before and after. Only the MLP is trained, and the rest stays frozen, unless --train all says otherwise.

        Example: SparseGrad on every third block, as in the paper
          vksparsegrad train-lm --model ./Llama-2-7b-hf --format chat --data ./oasst.jsonl --method sparsegrad --layers %3 --kept-entries 100000 --learning-rate 9e-5 --output ./chat

        Then 'vksparsegrad generate --model ./chat --prompt "Hello"'.
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command("train-lm", Description);
        var arguments = new LanguageArguments();
        foreach (Option option in arguments.All)
            command.Options.Add(option);
        command.SetAction(result =>
        {
            SavedLanguageRun.Execute(arguments.Read(result), terminal, cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
