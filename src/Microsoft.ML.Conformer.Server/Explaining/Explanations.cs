using System.Text.Json;
using Conformer.Server.Images;
using Conformer.Server.Model;

namespace Conformer.Server.Explaining;

/// <summary>
/// Explains one image at a time: others wait in their files' form, so that predictions keep processors and memory.
/// </summary>
internal sealed class Explanations(UploadDecoder decoder) : IDisposable
{
    /// <summary>What is answered, where the network has it.</summary>
    private static readonly ImageMapKind[] _kinds = [ImageMapKind.ClassActivation, ImageMapKind.Coupled, ImageMapKind.AttentionRollout];

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Waits for its turn and explains an image.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The image file.</param>
    /// <param name="className">The class to look for; null for the most probable one.</param>
    /// <param name="aborted">Canceled when nobody waits for the answer any more.</param>
    /// <exception cref="RefusalException">The model has no explanations or no such class, or the image cannot be used.</exception>
    public async Task<ExplainAnswer> ExplainAsync(
        ServedModel model, ArraySegment<byte> file, string? className, CancellationToken aborted)
    {
        await _turn.WaitAsync(aborted);
        try
        {
            var explainer = model.OpenExplainer();
            if (className is not null && !model.Network.ClassNames.Contains(className))
                throw new RefusalException(
                    StatusCodes.Status400BadRequest,
                    $"The model has no class '{VisibleText.Of(className)}'; " +
                    $"its classes are {VisibleText.List([.. model.Network.ClassNames])}.");
            using var decoded = await decoder.DecodeAsync(file, model.Network.Background, aborted);
            var best = explainer.Explain(decoded.Pixels);
            return Answer(className is null ? best : best.For(className));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static ExplainAnswer Answer(ImageExplanation explanation) => float.IsNaN(explanation.Probability)
        ? throw new RefusalException(StatusCodes.Status422UnprocessableEntity, "It cannot be scored.")
        : new ExplainAnswer(explanation.Class, explanation.Probability,
        [
            .. _kinds.Intersect(explanation.Maps.Select(map => map.Kind))
                .Select(kind => new MapAnswer(JsonNamingPolicy.CamelCase.ConvertName($"{kind}"), explanation.ToOverlay(kind))),
        ]);
}
