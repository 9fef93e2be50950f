/** The sources that the answer quotes. */
export interface CitationMetadata {
  citations?: { startIndex?: number; endIndex?: number; uri?: string; title?: string; license?: string }[] | undefined;
}

/** The sources of the answer. `groundingSupports` ties pieces of the text to the chunks, by offsets in bytes. */
export interface GroundingMetadata {
  groundingChunks?: GroundingChunk[] | undefined;
  groundingSupports?: GroundingSupport[] | undefined;
  webSearchQueries?: string[] | undefined;
  imageSearchQueries?: string[] | undefined;
  retrievalQueries?: string[] | undefined;
  /** HTML that must be shown beside an answer that searched the web. */
  searchEntryPoint?: { renderedContent?: string; sdkBlob?: string } | undefined;
  retrievalMetadata?: { googleSearchDynamicRetrievalScore?: number } | undefined;
  googleMapsWidgetContextToken?: string | undefined;
  sourceFlaggingUris?: { sourceId?: string; flagContentUri?: string }[] | undefined;
}

/** One source: of the web, of maps, an image, or a document of your own. */
export interface GroundingChunk {
  web?: { uri?: string; title?: string; domain?: string } | undefined;
  maps?: MapsSource | undefined;
  image?: { imageUri?: string; sourceUri?: string; title?: string; domain?: string } | undefined;
  retrievedContext?: RetrievedContext | undefined;
}

/** A place or a route of Google Maps. */
export interface MapsSource {
  placeId?: string;
  uri?: string;
  title?: string;
  text?: string;
  placeAnswerSources?: {
    reviewSnippets?: ReviewSnippet[];
    /** The earlier name of `reviewSnippets`. */
    reviewSnippet?: ReviewSnippet[];
    flagContentUri?: string;
  };
  route?: { distanceMeters?: number; duration?: string; encodedPolyline?: string };
}

/** A piece of a review, with the author, who must be named beside it. */
export interface ReviewSnippet {
  reviewId?: string;
  title?: string;
  review?: string;
  googleMapsUri?: string;
  flagContentUri?: string;
  relativePublishTimeDescription?: string;
  authorAttribution?: { displayName?: string; uri?: string; photoUri?: string };
}

/** A piece of a document of your own. */
export interface RetrievedContext {
  uri?: string;
  title?: string;
  text?: string;
  documentName?: string;
  fileSearchStore?: string;
  pageNumber?: number;
  mediaId?: string;
  customMetadata?: {
    key?: string;
    stringValue?: string;
    numericValue?: number;
    stringListValue?: { values?: string[] };
  }[];
  ragChunk?: {
    chunkId?: string;
    fileId?: string;
    text?: string;
    pageSpan?: { firstPage?: number; lastPage?: number };
  };
}

/** The sources of a piece of the answer. */
export interface GroundingSupport {
  segment?: { partIndex?: number; startIndex?: number; endIndex?: number; text?: string } | undefined;
  groundingChunkIndices?: number[] | undefined;
  confidenceScores?: number[] | undefined;
  renderedParts?: number[] | undefined;
}

/** The pages that the model tried to read. */
export interface UrlContextMetadata {
  urlMetadata?: { retrievedUrl?: string; urlRetrievalStatus?: string }[] | undefined;
}
